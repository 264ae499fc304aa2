"""The client of @connections: botocore's signature on connections that stay open.

Fan-out is CPU, and botocore's own client spends most of a post on what does not change: finding
the endpoint, serialising, parsing, events. This one has the same two methods and the same errors.
API Gateway Developer Guide, "Use @connections commands in your backend service".
"""

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from urllib3 import HTTPConnectionPool
    from urllib3.response import BaseHTTPResponse

POOL = 32
"""Connections that are kept open; more than the threads that post at once."""

FIRST_PAUSE = 0.05
"""Seconds before a second attempt; twice as long before each further one, less a random part."""

_GONE = 410
_CODES = {403: "ForbiddenException", _GONE: "GoneException", 413: "PayloadTooLargeException"}


class ConnectionsClient:
    """Posts to connections and closes them. Safe for threads.

    Raises (both methods): botocore's ``ClientError``, with the code ``GoneException`` where nobody
    is there; ``HTTPClientError`` where no answer came.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        credentials: "Credentials",
        region: str,
        connect_timeout: float,
        read_timeout: float,
        attempts: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            endpoint: scheme, host and stage of the WebSocket API.
            connect_timeout, read_timeout: seconds for each attempt.
            attempts: in all; a refusal for now (429, 5xx) or no answer is worth another.
        """
        self._endpoint = endpoint.rstrip("/")
        self._credentials = credentials
        self._region = region
        self._attempts = attempts
        self._sleep = sleep
        self._pool = _pool(endpoint, connect_timeout, read_timeout)

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> dict[str, Any]:  # noqa: N803 # as botocore has it
        self._send("POST", "PostToConnection", ConnectionId, Data)
        return {}

    def delete_connection(self, *, ConnectionId: str) -> dict[str, Any]:  # noqa: N803
        self._send("DELETE", "DeleteConnection", ConnectionId, b"")
        return {}

    def _send(self, method: str, operation: str, connection_id: str, data: bytes) -> None:
        from botocore.exceptions import HTTPClientError
        from urllib3.exceptions import HTTPError

        # Ids end with "=", which is quoted here, and once more by the signature (as for any service
        # but S3).
        url = f"{self._endpoint}/@connections/{quote(connection_id, safe='')}"
        for attempt in range(1, self._attempts + 1):
            failure: Exception
            try:
                answer = self._once(method, url, data)
            except HTTPError as error:
                failure = HTTPClientError(error=error)
            else:
                if answer.status < 300:
                    return
                failure = _refused(answer, operation)
                if answer.status != 429 and answer.status < 500:
                    raise failure
            if attempt == self._attempts:
                raise failure
            self._sleep(FIRST_PAUSE * 2 ** (attempt - 1) * (1 - random.random() / 2))  # noqa: S311

    def _once(self, method: str, url: str, data: bytes) -> "BaseHTTPResponse":
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, data=data)
        frozen = self._credentials.get_frozen_credentials()
        SigV4Auth(frozen, "execute-api", self._region).add_auth(request)
        headers = {**dict(request.headers.items()), "Content-Type": "application/octet-stream"}
        return self._pool.urlopen(
            method, urlsplit(url).path, body=data, headers=headers, retries=False, redirect=False
        )


def _refused(answer: "BaseHTTPResponse", operation: str) -> Exception:
    from botocore.exceptions import ClientError

    code = _CODES.get(answer.status, answer.headers.get("x-amzn-errortype", str(answer.status)))
    error = {"Error": {"Code": code.partition(":")[0], "Message": ""}}
    return ClientError(error, operation)  # type: ignore[arg-type]


def _pool(endpoint: str, connect_timeout: float, read_timeout: float) -> "HTTPConnectionPool":
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout

    parts = urlsplit(endpoint)
    host, timeout = parts.hostname or "", Timeout(connect=connect_timeout, read=read_timeout)
    if parts.scheme == "http":
        return HTTPConnectionPool(host, parts.port, timeout=timeout, maxsize=POOL)
    from botocore.httpsession import get_cert_path

    return HTTPSConnectionPool(
        host, parts.port, timeout=timeout, maxsize=POOL, ca_certs=get_cert_path(verify=True)
    )
