"""A frame that begins while its connection is being closed, between two steps."""

from typing import Any

import pytest

from gatehouse.errors import ServerError
from gatehouse.flows.realtime.close_connection import close_connection
from tests.support.simulated.controls import no_tombstone
from tests.support.sockets import Hall
from tests.support.world import World


def left_behind(hall: Hall, patch: pytest.MonkeyPatch) -> list[Any]:
    """What is left when somebody subscribes while the gateway is about to close the socket."""
    client = hall.client()
    delete = hall.api.delete_connection

    def subscribe_first(**request: Any) -> Any:
        patch.setattr(hall.api, "delete_connection", delete)
        client.tell(("subscribe", {"channel": "room:1"}))
        return delete(**request)

    patch.setattr(hall.api, "delete_connection", subscribe_first)
    close_connection(hall.backend, client.id, ServerError())
    return hall.stored()


def test_nothing_is_left_of_who_subscribes_while_being_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert left_behind(Hall(world), monkeypatch) == []


def test_without_the_mark_a_member_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    no_tombstone(monkeypatch)
    (member,) = left_behind(Hall(world), monkeypatch)
    assert member["pk"]["S"].startswith("MEMBERS#")
