"""The audit trail, page by page."""

import base64

import pytest

from gatehouse.errors import InvalidInput, InvalidToken
from gatehouse.flows.accounts.note_wrong_password import SIGN_IN, note_wrong_password
from gatehouse.flows.accounts.read_events import PAGE, EventView, read_events
from gatehouse.stores.events import new_event
from harness.moto_backend import MotoBackend
from tests.support.people import PHONE, Person, person


def happen(moto: MotoBackend, who: Person, times: int) -> None:
    for number in range(times):
        event = new_event(who.user.id, f"user:test:{number:03d}", now=moto.clock.now() + number)
        moto.backend.accounts.events.record(event)


def test_event_is_shown_with_its_device(moto: MotoBackend) -> None:
    ada = person(moto)
    page = read_events(moto.backend, ada.identity, None)
    (event,) = page.events
    assert event == EventView(
        id=event.id,
        tag="user:session:start",
        at="2027-01-15T08:00:00Z",
        session_id=ada.session_id,
        address="192.0.2.1",
        user_agent="test",
        count=1,
    )
    assert page.next is None


def test_newest_event_comes_first(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.clock.advance(1)
    happen(moto, ada, 3)
    shown = [event.tag for event in read_events(moto.backend, ada.identity, None).events]
    assert shown == ["user:test:002", "user:test:001", "user:test:000", "user:session:start"]


def test_wrong_passwords_of_a_day_are_one_line_at_the_time_of_the_last(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.clock.advance(60)
    for _ in range(3):
        moto.clock.advance(1)
        note_wrong_password(moto.backend, ada.user, SIGN_IN, PHONE)
    happen(moto, ada, 1)
    shown = read_events(moto.backend, ada.identity, None).events
    assert [(event.tag, event.count, event.at[11:19]) for event in shown] == [
        ("user:test:000", 1, "08:01:03"),
        ("system:session:refuse", 3, "08:01:03"),
        ("user:session:start", 1, "08:00:00"),
    ]


@pytest.mark.parametrize("times", [PAGE - 2, PAGE - 1, PAGE, 2 * PAGE - 1, 2 * PAGE])
def test_pages_hold_every_event_once(moto: MotoBackend, times: int) -> None:
    ada = person(moto)
    happen(moto, ada, times)
    ids: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = read_events(moto.backend, ada.identity, cursor)
        ids += [event.id for event in page.events]
        assert len(page.events) <= PAGE
        cursor = page.next
        if cursor is None:
            break
    assert cursor is None
    assert len(ids) == len(set(ids)) == times + 1


def cursor_of(moto: MotoBackend, who: Person) -> str:
    happen(moto, who, PAGE)
    cursor = read_events(moto.backend, who.identity, None).next
    assert cursor
    return cursor


def test_cursor_of_somebody_else_is_refused(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    happen(moto, eve, PAGE)
    with pytest.raises(InvalidInput):
        read_events(moto.backend, eve.identity, cursor_of(moto, ada))


def test_cursor_to_another_place_is_refused(moto: MotoBackend) -> None:
    ada = person(moto)
    sealed = base64.urlsafe_b64decode(cursor_of(moto, ada) + "==")
    moved = base64.urlsafe_b64encode(sealed[:16] + b"9" + sealed[17:]).decode().rstrip("=")
    with pytest.raises(InvalidInput) as refused:
        read_events(moto.backend, ada.identity, moved)
    assert refused.value.problems[0].pointer == "/cursor"


@pytest.mark.parametrize("cursor", ["x", "é", "a" * 23, "A" * 5_000, "PROFILE", "#", "%00"])
def test_text_that_is_no_cursor_is_refused(moto: MotoBackend, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        read_events(moto.backend, person(moto).identity, cursor)


def test_events_of_others_are_not_shown(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    happen(moto, eve, 3)
    assert len(read_events(moto.backend, ada.identity, None).events) == 1


def test_session_that_is_over_reads_nothing(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        read_events(moto.backend, ada.identity, None)


def test_event_of_a_device_without_a_name_has_none(moto: MotoBackend) -> None:
    assert new_event("u1", "user:test:x", now=0, device=PHONE).address == PHONE.address
    assert new_event("u1", "user:test:x", now=0).address == ""
