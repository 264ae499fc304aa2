"""A frame that begins while its connection is being closed, between two steps."""

from typing import Any

import pytest

from gatehouse.errors import ServerError
from gatehouse.flows.realtime.close_connection import close_connection
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.controls import no_tombstone


def left_behind(sockets: SocketHarness, patch: pytest.MonkeyPatch) -> list[Any]:
    """What is left when somebody subscribes while the gateway is about to close the socket."""
    client = sockets.client()
    delete = sockets.api.delete_connection

    def subscribe_first(**request: Any) -> Any:
        patch.setattr(sockets.api, "delete_connection", delete)
        client.tell(("subscribe", {"channel": "room:1"}))
        return delete(**request)

    patch.setattr(sockets.api, "delete_connection", subscribe_first)
    close_connection(sockets.backend, client.id, ServerError())
    return sockets.stored()


def test_nothing_is_left_of_who_subscribes_while_being_closed(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert left_behind(SocketHarness(moto), monkeypatch) == []


def test_without_the_mark_a_member_is_left(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_tombstone(monkeypatch)
    (member,) = left_behind(SocketHarness(moto), monkeypatch)
    assert member["pk"]["S"].startswith("MEMBERS#")
