"""Requests to AWS with botocore's signature, on connections that stay open.

botocore's own clients read the description of a service when they start, and spend most of a call
on what does not change: finding the endpoint, serialising, parsing, events. The clients of the hot
paths share this instead, and have the methods and the errors of botocore's (decision 15).
"""

import os
import random
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ssl import SSLContext

    from botocore.credentials import ReadOnlyCredentials
    from botocore.exceptions import ClientError
    from urllib3 import HTTPConnectionPool
    from urllib3.response import BaseHTTPResponse

CONNECT_TIMEOUT = 1.0
READ_TIMEOUT = 3.0
ATTEMPTS = 3
"""Seconds, seconds, and calls in all: 3 x 4 s stay below the 15 s that functions get at least."""

POOL = 32
"""Connections that are kept open; more than the threads that ask at once."""

FIRST_PAUSE = 0.05
"""Seconds before a second attempt; twice as long before each further one, less a random part."""

_FOR_NOW = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "RequestTimeoutException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Refusals with status 400 that are worth another attempt (AWS SDKs and Tools Reference Guide,
"Retry behavior")."""


class SignedHttp:
    """One endpoint of AWS. Safe for threads."""

    def __init__(
        self,
        endpoint: str,
        service: str,
        region: str,
        credentials: "Callable[[], ReadOnlyCredentials]",
        pool: "HTTPConnectionPool",
        *,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            endpoint: scheme and host, and the stage where there is one; no slash at the end.
            service: the name that a signature has for the service.
            credentials: asked for each attempt, because some last for an hour only.
        """
        self._endpoint = endpoint
        self._service = service
        self._region = region
        self._credentials = credentials
        self._pool = pool
        self._attempts = attempts
        self._sleep = sleep

    def send(
        self,
        method: str,
        path: str,
        data: bytes,
        headers: Mapping[str, str],
        refusal: "Callable[[BaseHTTPResponse], ClientError]",
    ) -> bytes:
        """The body of the answer to a request.

        A refusal for now (429, 5xx, throttled) or no answer is worth another attempt, as it is to
        botocore in its mode "standard".

        Args:
            path: what comes behind the endpoint.
            refusal: names what another status than a success means.

        Raises:
            ClientError: refused.
            HTTPClientError: no answer came. Whether the request had its effect is not known.
        """
        from botocore.exceptions import HTTPClientError
        from urllib3.exceptions import HTTPError

        for attempt in range(1, self._attempts + 1):
            failure: Exception
            try:
                answer = self._once(method, self._endpoint + path, data, headers)
            except HTTPError as error:
                failure = HTTPClientError(error=error)
            else:
                if answer.status < 300:
                    return answer.data
                failure = refused = refusal(answer)
                code = refused.response["Error"]["Code"]
                if answer.status != 429 and answer.status < 500 and code not in _FOR_NOW:
                    raise failure
            if attempt == self._attempts:
                raise failure
            self._sleep(FIRST_PAUSE * 2 ** (attempt - 1) * (1 - random.random() / 2))  # noqa: S311
        raise AssertionError("there is a first attempt")

    def _once(
        self, method: str, url: str, data: bytes, headers: Mapping[str, str]
    ) -> "BaseHTTPResponse":
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, data=data, headers=headers)
        SigV4Auth(self._credentials(), self._service, self._region).add_auth(request)
        signed = dict(request.headers.items())
        path = urlsplit(url).path
        return self._pool.urlopen(
            method, path, body=data, headers=signed, retries=False, redirect=False
        )


def pool(endpoint: str) -> "HTTPConnectionPool":
    """Connections to the host of an endpoint, with the timeouts of this service."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout

    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    timeout = Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)
    if parts.scheme == "http":
        return HTTPConnectionPool(host, parts.port, timeout=timeout, maxsize=POOL)
    return HTTPSConnectionPool(
        host, parts.port, timeout=timeout, maxsize=POOL, ssl_context=_trust()
    )


@cache
def _trust() -> "SSLContext":
    """Whom we believe to be AWS. One for all: reading certificates takes longer than a request."""
    from botocore.httpsession import get_cert_path
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    context.load_verify_locations(os.environ.get("AWS_CA_BUNDLE") or get_cert_path(verify=True))
    return context
