"""Requests to AWS with botocore's signature, on connections that stay open.

botocore's own clients read a service's description when they start, and spend most of a call on
generic work: finding the endpoint, serializing, parsing, events. The clients of the hot paths use
this module instead, with botocore's methods and errors (decision 15).
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
"""Seconds, seconds, and attempts in all: 3 x 4 s is below the shortest function timeout, 15 s."""

POOL = 32
"""Connections that stay open: more than the threads that send requests at the same time."""

FIRST_PAUSE = 0.05
"""Seconds before the second attempt. They double before each further one, less a random part."""

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
"""Errors with status 400 that are worth another attempt (AWS SDKs and Tools Reference Guide, "Retry
behavior")."""


class SignedHttp:
    """One AWS endpoint. Thread-safe."""

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
            endpoint: scheme and host, and the stage if there is one, without a trailing slash.
            service: the name of the service in signatures.
            credentials: called for each attempt, because some credentials last only an hour.
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
        """Sends a request and returns the body of the response.

        Temporary errors (429, 5xx, throttling) and missing responses are retried, as in botocore's
        mode "standard".

        Args:
            path: the path after the endpoint.
            refusal: creates the error for a response whose status is not a success.

        Raises:
            ClientError: the service refused the request.
            HTTPClientError: no response arrived. Whether the request took effect is unknown.
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
            self._sleep(pause_after(attempt))
        raise AssertionError("there is always a first attempt")

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


def pause_after(attempt: int) -> float:
    """Returns the seconds to wait after a failed attempt, counted from 1."""
    return FIRST_PAUSE * 2.0 ** (attempt - 1) * (1 - random.random() / 2)  # noqa: S311


def pool(endpoint: str) -> "HTTPConnectionPool":
    """Returns a connection pool for an endpoint's host, with this module's timeouts."""
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
    """Returns the shared TLS context. Reading the certificates takes longer than a request."""
    from botocore.httpsession import get_cert_path
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    context.load_verify_locations(os.environ.get("AWS_CA_BUNDLE") or get_cert_path(verify=True))
    return context
