"""The client of the @connections commands, which post to open sockets and close them.

API Gateway Developer Guide, "Use @connections commands in your backend service".
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from urllib3.response import BaseHTTPResponse

    from gatehouse.signed_http import SignedHttp

_GONE = 410
_CODES = {403: "ForbiddenException", _GONE: "GoneException", 413: "PayloadTooLargeException"}


class ConnectionsClient:
    """Posts to connections and closes them. Thread-safe.

    Raises (both methods): botocore's ``ClientError``, with the code ``GoneException`` if the
    connection does not exist; ``HTTPClientError`` if no response arrived.
    """

    def __init__(self, http: "SignedHttp") -> None:
        self._http = http

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> dict[str, Any]:  # noqa: N803 # botocore's name
        self._send("POST", ConnectionId, Data)
        return {}

    def delete_connection(self, *, ConnectionId: str) -> dict[str, Any]:  # noqa: N803
        self._send("DELETE", ConnectionId, b"")
        return {}

    def _send(self, method: str, connection_id: str, data: bytes) -> None:
        # IDs end with "=", which is percent-encoded here and once more by the signature, as for any
        # service but S3.
        path = f"/@connections/{quote(connection_id, safe='')}"
        self._http.send(method, path, data, {}, _refusal)


def _refusal(answer: "BaseHTTPResponse") -> "ClientError":
    from botocore.exceptions import ClientError

    code = _CODES.get(answer.status, answer.headers.get("x-amzn-errortype", str(answer.status)))
    response: Any = {"Error": {"Code": code.partition(":")[0], "Message": ""}}
    return ClientError(response, "@connections")
