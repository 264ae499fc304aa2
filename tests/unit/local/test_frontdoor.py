"""Where the front door sends its visitors."""

import asyncio
from typing import Any

import pytest

from local.frontdoor import Addresses, FrontDoor, Message, Receive, Scope, Send

PORT = 8000
ADDRESSES = Addresses(http="/_aws/execute-api/h/$default", socket="/_aws/execute-api/s/local")


class Engine:
    """An application that remembers the scopes it was given, and allows the origin that it sees."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if origin := dict(scope.get("headers", ())).get(b"origin"):
            headers = [(b"vary", b"origin"), (b"access-control-allow-origin", origin)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def door(engine: Engine) -> FrontDoor:
    opened = FrontDoor(engine, PORT)
    opened.open(ADDRESSES)
    return opened


def scope(kind: str = "http", path: str = "/profile", **more: Any) -> Scope:
    return {"type": kind, "path": path, "server": ("127.0.0.1", PORT), **more}


def visit(door: FrontDoor, scope: Scope) -> list[Message]:
    """What the visitor is sent by the door itself."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(door(scope, receive, send))
    return sent


def test_requests_go_to_the_http_api(door: FrontDoor, engine: Engine) -> None:
    visit(door, scope(path="/profile"))

    assert engine.scopes[0]["path"] == "/_aws/execute-api/h/$default/profile"


def test_the_raw_path_is_kept_as_it_was_sent(door: FrontDoor, engine: Engine) -> None:
    visit(door, scope(path="/a b", raw_path=b"/a%20b"))

    assert engine.scopes[0]["raw_path"] == b"/_aws/execute-api/h/$default/a%20b"


def test_the_socket_goes_to_the_websocket_api(door: FrontDoor, engine: Engine) -> None:
    visit(door, scope("websocket", "/connection/websocket"))

    assert engine.scopes[0]["path"] == ADDRESSES.socket


def test_sockets_at_other_paths_are_refused(door: FrontDoor) -> None:
    assert visit(door, scope("websocket", "/else")) == [{"type": "websocket.close", "code": 1008}]


def test_the_other_port_is_the_engine_itself(door: FrontDoor, engine: Engine) -> None:
    visit(door, scope(path="/x", server=("127.0.0.1", 4566)))

    assert engine.scopes[0]["path"] == "/x"


def test_the_lifespan_is_the_engine_s_own(door: FrontDoor, engine: Engine) -> None:
    visit(door, {"type": "lifespan"})

    assert engine.scopes == [{"type": "lifespan"}]


def test_before_the_deployment_visitors_are_asked_to_come_again(engine: Engine) -> None:
    start, _ = visit(FrontDoor(engine, PORT), scope())

    assert start["status"] == 503


OWN = b"http://localhost:8000"
OF_THIS_MACHINE = (b"http://localhost:5173", b"http://127.0.0.1:3000", b"http://localhost")


def from_page(origin: bytes, kind: str = "http", path: str = "/profile") -> Scope:
    return scope(kind, path, headers=[(b"accept", b"*/*"), (b"origin", origin)])


@pytest.mark.parametrize("origin", OF_THIS_MACHINE)
@pytest.mark.parametrize(
    ("kind", "path"), [("http", "/profile"), ("websocket", "/connection/websocket")]
)
def test_a_page_of_this_machine_is_seen_as_the_service_s_own(
    door: FrontDoor, engine: Engine, origin: bytes, kind: str, path: str
) -> None:
    visit(door, from_page(origin, kind, path))

    assert engine.scopes[0]["headers"] == [(b"accept", b"*/*"), (b"origin", OWN)]


@pytest.mark.parametrize("origin", OF_THIS_MACHINE)
def test_the_response_allows_the_origin_of_the_page(door: FrontDoor, origin: bytes) -> None:
    start, _ = visit(door, from_page(origin))

    assert start["headers"] == [(b"vary", b"origin"), (b"access-control-allow-origin", origin)]


@pytest.mark.parametrize(
    "origin",
    [
        b"https://evil.example",
        b"http://localhost.evil.example",
        b"http://localhost:80@evil.example",
        b"http://evil.example:8000",
        b"https://localhost:8000",
        b"http://127.0.0.10:3000",
        b"null",
        b"",
    ],
)
def test_the_origin_of_another_page_is_kept(door: FrontDoor, engine: Engine, origin: bytes) -> None:
    visit(door, from_page(origin))

    assert (b"origin", origin) in engine.scopes[0]["headers"]


def test_two_origins_are_kept(door: FrontDoor, engine: Engine) -> None:
    headers = [(b"origin", b"http://localhost:5173"), (b"origin", b"https://evil.example")]
    visit(door, scope(headers=headers))

    assert engine.scopes[0]["headers"] == headers
