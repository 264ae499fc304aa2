"""Where the front door sends its visitors."""

import asyncio
from typing import Any

import pytest

from local.frontdoor import Addresses, FrontDoor, Message, Receive, Scope, Send

PORT = 8000
ADDRESSES = Addresses(http="/_aws/execute-api/h/$default", socket="/_aws/execute-api/s/local")


class Engine:
    """An application that remembers the scopes it was given."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)


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
