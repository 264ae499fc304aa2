"""Read the audit trail of the caller's account."""

import base64
import binascii
import hmac
from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.clock import rfc3339
from gatehouse.errors import InvalidInput, Problem
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.identity import Identity
from gatehouse.stores.events import Event

PAGE = 50
"""Events per page."""


@dataclass(frozen=True, slots=True)
class EventView:
    """One account event. ``tag`` is ``source:subject:action``, e.g. ``user:session:start``.

    A day's wrong passwords are one event: ``count`` says how many there were, and the other fields
    describe the last of them.
    """

    id: str
    tag: str
    at: str
    session_id: str
    address: str
    user_agent: str
    count: int
    reason: str = ""
    """Why an operator did it. Empty for other events."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, newest first. ``next`` is the cursor of the next, older page, or null at the end."""

    events: list[EventView]
    next: str | None


def read_events(backend: Backend, caller: Identity, cursor: str | None) -> EventPage:
    """Returns a page of the caller's audit trail.

    Raises:
        InvalidToken: the caller's own session has ended.
        InvalidInput: the cursor was not issued to this user.
    """
    user = active_user(backend, caller)
    before = _open(backend, user.id, cursor) if cursor else None
    events = backend.accounts.events.latest(user.id, before=before, limit=PAGE + 1)
    more = _seal(backend, user.id, events[PAGE - 1].id) if len(events) > PAGE else None
    return EventPage(views_of(events[:PAGE]), more)


def views_of(events: list[Event]) -> list[EventView]:
    """Returns events for their owner, newest first.

    An event that is counted by the day is stored at the day's beginning, but shown at its last
    time.
    """
    return [_view_of(event) for event in sorted(events, key=lambda event: -event.at)]


def _view_of(event: Event) -> EventView:
    return EventView(
        id=event.id,
        tag=event.tag,
        at=rfc3339(event.at),
        session_id=event.session_id,
        address=event.address,
        user_agent=event.user_agent,
        count=event.count,
        reason=event.reason,
    )


def _seal(backend: Backend, user_id: str, event_id: str) -> str:
    """Returns a cursor to the end of a page. Its MAC prevents clients from forging positions."""
    mac = _mac(backend, user_id, event_id)
    return base64.urlsafe_b64encode(mac + event_id.encode()).decode("ascii").rstrip("=")


def _open(backend: Backend, user_id: str, cursor: str) -> str:
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        event_id = sealed[16:].decode("ascii")
    except (ValueError, binascii.Error):
        raise _wrong_cursor() from None
    if not hmac.compare_digest(sealed[:16], _mac(backend, user_id, event_id)):
        raise _wrong_cursor()
    return event_id


def _mac(backend: Backend, user_id: str, event_id: str) -> bytes:
    key = backend.keys.derived_key("cursors")
    return hmac.digest(key, f"{user_id}\n{event_id}".encode(), "sha256")[:16]


def _wrong_cursor() -> InvalidInput:
    return InvalidInput(problems=(Problem("/cursor", "is not a cursor that was issued to you"),))
