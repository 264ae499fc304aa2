"""The service's own page may use the cookie and the socket. Other origins must be allowed."""

from typing import Any

import pytest

from gatehouse.backend.root import Backend
from gatehouse.errors import PermissionDenied
from gatehouse.http.requests import Request
from gatehouse.settings import Settings
from gatehouse.websocket.socket import FORBIDDEN, OK, Socket

SETTINGS = Settings(public_url="https://api.example", allowed_origins=("https://app.example",))


def refresh_from(origin: str) -> str | None:
    event = {"headers": {"origin": origin}, "cookies": ["__Host-refresh=token"]}
    return Request(Backend(SETTINGS), None, event).refresh_cookie


def open_from(origin: str) -> Any:
    context = {"routeKey": "$connect", "connectionId": "L0SM9c1="}
    event = {"requestContext": context, "headers": {"Origin": origin}}
    socket = Socket(enter=_ignore, close=_ignore, backend=lambda: Backend(SETTINGS))
    return socket(event, object())


def _ignore(*_: object) -> None:
    """Replaces the work of the socket, which these tests do not check."""


@pytest.mark.parametrize("origin", ["https://api.example", "https://app.example"])
def test_cookie_and_socket_are_open_to_our_page_and_to_listed_ones(origin: str) -> None:
    assert refresh_from(origin) == "token"
    assert open_from(origin) == OK


@pytest.mark.parametrize("origin", ["https://evil.example", "https://api.example.evil", "null", ""])
def test_cookie_and_socket_are_closed_to_other_pages(origin: str) -> None:
    with pytest.raises(PermissionDenied):
        refresh_from(origin)
    assert open_from(origin) == FORBIDDEN


def test_unknown_own_address_opens_nothing() -> None:
    assert "" not in Settings().page_origins
