"""GET /sessions, DELETE /sessions/{id}, DELETE /sessions, GET /profile/events"""

from typing import Any

import pytest

from gatehouse.flows.accounts.read_events import PAGE
from gatehouse.stores.events import new_event
from tests.support.events import http, sample
from tests.support.functions import Answer, serve
from tests.support.people import Person, person, sign_in, tags
from tests.support.world import World


def ask(world: World, name: str, who: Person, **changes: Any) -> Answer:
    event = http(name, token=who.tokens.access_token) | changes
    return serve("sessions", world.backend)(event)


def end(world: World, who: Person, session_id: str) -> Answer:
    path = f"/sessions/{session_id}"
    event = sample("delete-session")["requestContext"]
    event["http"]["path"] = path
    changes = {"rawPath": path, "requestContext": event, "pathParameters": {"id": session_id}}
    return ask(world, "delete-session", who, **changes)


def test_sessions_are_listed(world: World) -> None:
    ada = person(world)
    answer = ask(world, "get-sessions", ada)
    assert answer.status == 200
    (session,) = answer.json["sessions"]
    assert set(session) == {
        "id",
        "current",
        "address",
        "user_agent",
        "created_at",
        "last_seen_at",
        "expires_at",
    }
    assert (session["id"], session["current"]) == (ada.session_id, True)


def test_list_is_stored_by_nobody(world: World) -> None:
    assert ask(world, "get-sessions", person(world)).headers["cache-control"] == "no-store"


def test_one_session_is_ended(world: World) -> None:
    ada = person(world)
    other = sign_in(world, ada.user)
    answer = end(world, ada, other.session_id)
    assert (answer.status, answer.text) == (204, "")
    assert len(ask(world, "get-sessions", ada).json["sessions"]) == 1
    assert ask(world, "get-sessions", other).code == "invalid_token"


@pytest.mark.parametrize("session_id", ["x", "0" * 32, "a%23b"])
def test_session_that_never_was_is_not_found(world: World, session_id: str) -> None:
    answer = end(world, person(world), session_id)
    assert (answer.status, answer.code) == (404, "not_found")


def test_session_of_somebody_else_answers_like_one_that_never_was(world: World) -> None:
    ada, eve = person(world), person(world)
    assert end(world, eve, ada.session_id) == end(world, eve, "0" * 32)
    assert ask(world, "get-sessions", ada).status == 200


def test_sample_ends_all_others(world: World) -> None:
    ada = person(world)
    other = sign_in(world, ada.user)
    assert ask(world, "delete-sessions", ada).status == 204
    assert ask(world, "get-sessions", ada).status == 200
    assert ask(world, "get-sessions", other).status == 401


@pytest.mark.parametrize("query", [None, {}, {"keep": "others"}, {"keep": ""}], ids=str)
def test_without_keep_all_are_ended(world: World, query: dict[str, str] | None) -> None:
    ada = person(world)
    assert ask(world, "delete-sessions", ada, queryStringParameters=query).status == 204
    assert ask(world, "get-sessions", ada).status == 401


@pytest.mark.parametrize(
    "name", ["get-sessions", "delete-session", "delete-sessions", "get-profile-events"]
)
def test_stranger_is_challenged(world: World, name: str) -> None:
    event = http(name, headers={"authorization": None})
    assert serve("sessions", world.backend)(event).code == "missing_token"


# Events.


def events(world: World, who: Person, cursor: str | None = None) -> Answer:
    query = {"cursor": cursor} if cursor else None
    return ask(world, "get-profile-events", who, queryStringParameters=query)


def test_events_are_read(world: World) -> None:
    ada = person(world)
    answer = events(world, ada)
    assert answer.status == 200
    assert [event["tag"] for event in answer.json["events"]] == tags(world, ada.user.id)
    assert answer.json["next"] is None


def test_cursor_goes_on(world: World) -> None:
    ada = person(world)
    for number in range(PAGE):
        world.backend.accounts.events.record(
            new_event(ada.user.id, f"user:test:{number}", now=world.clock.now() + number)
        )
    cursor = events(world, ada).json["next"]
    assert len(events(world, ada, cursor).json["events"]) == 1


def test_cursor_that_is_none_is_refused(world: World) -> None:
    answer = events(world, person(world), "x")
    assert answer.status == 422
    assert answer.json["errors"] == [{"pointer": "/cursor", "detail": "is not a cursor of yours"}]
