"""The front door: one port for the HTTP API and, at one path, for the WebSocket API.

It also serves the sent emails, because the page shows them and cannot read them from another port.
And it lets the pages of every port of this machine call the service: CORS, the cookie and the
socket see them as the service's own page. Neither exists on AWS.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from local.settings import SOCKET_PATH

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOCAL_ONLY = {"/_local/mails": "/_ministack/ses/messages"}
_OF_THIS_MACHINE = re.compile(rb"http://(localhost|127\.0\.0\.1)(:\d{1,5})?")
_ALLOWED = b"access-control-allow-origin"
_STARTING = b'{"message":"The local stack is starting. Try again in a moment."}'


@dataclass(frozen=True)
class Addresses:
    """The paths of the deployed APIs inside the engine."""

    http: str
    socket: str


class FrontDoor:
    """Serves two ports: the deployed service at `port`, and the AWS APIs at the other one."""

    def __init__(self, aws: Application, port: int) -> None:
        self._aws = aws
        self._port = port
        self._addresses: Addresses | None = None

    def open(self, addresses: Addresses) -> None:
        """Starts to pass requests on, now that the service is deployed."""
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection to either port."""
        if scope["type"] == "lifespan" or scope["server"][1] != self._port:
            await self._aws(scope, receive, send)
        elif self._addresses is None:
            await _refuse(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in _LOCAL_ONLY:
            await self._aws(_elsewhere(scope, _LOCAL_ONLY[scope["path"]]), receive, send)
        elif scope["type"] == "http":
            scope = _moved(scope, self._addresses.http + scope["path"])
            await self._aws(*self._as_own_page(scope, receive, send))
        elif scope["path"] == SOCKET_PATH:
            scope = _moved(scope, self._addresses.socket)
            await self._aws(*self._as_own_page(scope, receive, send))
        else:
            await _refuse(scope, receive, send)

    def _as_own_page(
        self, scope: Scope, receive: Receive, send: Send
    ) -> tuple[Scope, Receive, Send]:
        """Replaces the origin of a page of this machine with the service's own.

        The response names the page's origin again, as CORS requires.
        """
        headers = list(scope.get("headers", ()))
        origins = [value for name, value in headers if name == b"origin"]
        if len(origins) != 1 or not _OF_THIS_MACHINE.fullmatch(origins[0]):
            return scope, receive, send
        own = f"http://localhost:{self._port}".encode()
        headers = [(name, own if name == b"origin" else value) for name, value in headers]

        async def answer(message: Message) -> None:
            if "headers" in message:
                allowed = [
                    (name, origins[0] if name.lower() == _ALLOWED else value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": allowed}
            await send(message)

        return {**scope, "headers": headers}, receive, answer


def _moved(scope: Scope, path: str) -> Scope:
    prefix = path.removesuffix(scope["path"]) if scope["type"] == "http" else path
    rest = scope.get("raw_path", b"") if scope["type"] == "http" else b""
    return {**scope, "path": path, "raw_path": prefix.encode() + rest}


def _elsewhere(scope: Scope, path: str) -> Scope:
    return {**scope, "path": path, "raw_path": path.encode()}


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _STARTING})
