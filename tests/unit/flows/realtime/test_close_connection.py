"""Closing connections."""

import json

import pytest

from gatehouse.errors import ForcedDisconnect
from gatehouse.flows.realtime.close_connection import (
    RETRY,
    close_connection,
    close_connections_of_session,
)
from gatehouse.realtime.delayed_checks import DelayedCheck
from tests.support.sockets import Hall
from tests.support.world import World


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def test_close_leaves_nothing_behind(hall: Hall) -> None:
    client = hall.member("room:1")
    close_connection(hall.backend, client.id)
    assert hall.stored() == []


def test_close_leaves_others_alone(hall: Hall) -> None:
    client, other = hall.member("room:1"), hall.member("room:1")
    close_connection(hall.backend, client.id)
    assert other.result("presence_stats", channel="room:1")["num_clients"] == 1


def test_close_without_a_reason_says_nothing(hall: Hall) -> None:
    client = hall.client()
    close_connection(hall.backend, client.id)
    assert client.disconnects == []
    assert not client.is_closed


def test_close_with_a_reason_tells_it_and_closes(hall: Hall) -> None:
    client = hall.client()
    close_connection(hall.backend, client.id, ForcedDisconnect())
    assert client.disconnects == [3503]
    assert client.is_closed


def test_close_twice_changes_nothing(hall: Hall) -> None:
    client = hall.client()
    for _ in range(2):
        close_connection(hall.backend, client.id, ForcedDisconnect())
    assert client.disconnects == [3503]


def test_close_that_fails_ends_delivery_and_is_tried_again(hall: Hall) -> None:
    client = hall.member("room:1")
    hall.checks()
    hall.api.failing.add(client.id)
    close_connection(hall.backend, client.id, ForcedDisconnect())
    connection = hall.backend.realtime.connections.get(client.id)
    assert connection
    assert connection.closing
    assert list(hall.backend.realtime.members.of("room:1", 0)) == []
    assert hall.checks() == [(DelayedCheck(connection_id=client.id), RETRY)]


def test_close_that_could_not_tell_why_closes_all_the_same(hall: Hall) -> None:
    client = hall.member("room:1")
    hall.api.deaf.add(client.id)
    close_connection(hall.backend, client.id, ForcedDisconnect())
    assert client.is_closed
    assert hall.stored() == []


def test_close_tells_the_others_who_left(hall: Hall) -> None:
    client, other = hall.member("room:1"), hall.member("room:1")
    close_connection(hall.backend, client.id)
    assert [each["info"]["user"] for each in other.pushes("leave")] == [client.user_id]


def test_the_end_of_a_session_closes_its_connections_only(hall: Hall) -> None:
    user = hall.world.user()
    token = hall.world.access_token(user)
    session = hall.backend.keys.verify_access(token).session_id
    mine = [hall.stranger(), hall.stranger()]
    for client in mine:
        client.connect(token=token)
    others = [hall.client(user), hall.client()]
    close_connections_of_session(hall.backend, user.id, session)
    assert [client.disconnects for client in mine] == [[3503], [3503]]
    assert [client.disconnects for client in others] == [[], []]
    assert all(session not in str(item) for item in hall.stored())


def test_the_end_of_a_session_closes_also_what_is_being_opened(hall: Hall) -> None:
    user = hall.world.user()
    token = hall.world.access_token(user)
    session = hall.backend.keys.verify_access(token).session_id
    client = hall.stranger()
    live_epoch = hall.backend.accounts.sessions.live_epoch

    def ended_just_after(user_id: str, session_id: str, now: int) -> int | None:
        epoch = live_epoch(user_id, session_id, now)
        hall.backend.accounts.sessions.revoke(user_id, session_id)
        close_connections_of_session(hall.backend, user_id, session_id)
        return epoch

    hall.backend.accounts.sessions.live_epoch = ended_just_after  # type: ignore[method-assign]
    client.send(json.dumps({"id": 1, "connect": {"token": token}}))
    assert client.disconnects == [3503]
    assert "connect" not in str(client.received[1:])
    assert session not in str(hall.stored())
