"""GET /sessions, DELETE /sessions/{id}, DELETE /sessions, GET /profile/events"""

from typing import Any

import pytest

from gatehouse.flows.accounts.read_events import PAGE
from gatehouse.stores.events import new_event
from harness.events import http, sample
from harness.functions import Answer, serve
from harness.moto_backend import MotoBackend
from tests.support.people import Person, person, sign_in, tags


def ask(moto: MotoBackend, name: str, who: Person, **changes: Any) -> Answer:
    event = http(name, token=who.tokens.access_token) | changes
    return serve("sessions", moto.backend)(event)


def end(moto: MotoBackend, who: Person, session_id: str) -> Answer:
    path = f"/sessions/{session_id}"
    event = sample("delete-session")["requestContext"]
    event["http"]["path"] = path
    changes = {"rawPath": path, "requestContext": event, "pathParameters": {"id": session_id}}
    return ask(moto, "delete-session", who, **changes)


def test_sessions_are_listed(moto: MotoBackend) -> None:
    ada = person(moto)
    answer = ask(moto, "get-sessions", ada)
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


def test_list_is_stored_by_nobody(moto: MotoBackend) -> None:
    assert ask(moto, "get-sessions", person(moto)).headers["cache-control"] == "no-store"


def test_one_session_is_ended(moto: MotoBackend) -> None:
    ada = person(moto)
    other = sign_in(moto, ada.user)
    answer = end(moto, ada, other.session_id)
    assert (answer.status, answer.text) == (204, "")
    assert len(ask(moto, "get-sessions", ada).json["sessions"]) == 1
    assert ask(moto, "get-sessions", other).code == "invalid_token"


@pytest.mark.parametrize("session_id", ["x", "0" * 32, "a%23b"])
def test_session_that_never_was_is_not_found(moto: MotoBackend, session_id: str) -> None:
    answer = end(moto, person(moto), session_id)
    assert (answer.status, answer.code) == (404, "not_found")


def test_session_of_somebody_else_answers_like_one_that_never_was(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    assert end(moto, eve, ada.session_id) == end(moto, eve, "0" * 32)
    assert ask(moto, "get-sessions", ada).status == 200


def test_sample_ends_all_others(moto: MotoBackend) -> None:
    ada = person(moto)
    other = sign_in(moto, ada.user)
    assert ask(moto, "delete-sessions", ada).status == 204
    assert ask(moto, "get-sessions", ada).status == 200
    assert ask(moto, "get-sessions", other).status == 401


@pytest.mark.parametrize("query", [None, {}, {"keep": "others"}, {"keep": ""}], ids=str)
def test_without_keep_all_are_ended(moto: MotoBackend, query: dict[str, str] | None) -> None:
    ada = person(moto)
    assert ask(moto, "delete-sessions", ada, queryStringParameters=query).status == 204
    assert ask(moto, "get-sessions", ada).status == 401


@pytest.mark.parametrize(
    "name", ["get-sessions", "delete-session", "delete-sessions", "get-profile-events"]
)
def test_stranger_is_challenged(moto: MotoBackend, name: str) -> None:
    event = http(name, headers={"authorization": None})
    assert serve("sessions", moto.backend)(event).code == "missing_token"


# Events.


def events(moto: MotoBackend, who: Person, cursor: str | None = None) -> Answer:
    query = {"cursor": cursor} if cursor else None
    return ask(moto, "get-profile-events", who, queryStringParameters=query)


def test_events_are_read(moto: MotoBackend) -> None:
    ada = person(moto)
    answer = events(moto, ada)
    assert answer.status == 200
    assert [event["tag"] for event in answer.json["events"]] == tags(moto, ada.user.id)
    assert answer.json["next"] is None


def test_cursor_goes_on(moto: MotoBackend) -> None:
    ada = person(moto)
    for number in range(PAGE):
        moto.backend.accounts.events.record(
            new_event(ada.user.id, f"user:test:{number}", now=moto.clock.now() + number)
        )
    cursor = events(moto, ada).json["next"]
    assert len(events(moto, ada, cursor).json["events"]) == 1


def test_cursor_that_is_none_is_refused(moto: MotoBackend) -> None:
    answer = events(moto, person(moto), "x")
    assert answer.status == 422
    assert answer.json["errors"] == [
        {"pointer": "/cursor", "detail": "is not a cursor that was issued to you"}
    ]
