"""Export what is stored about the caller. ``stored_data`` lists it, and what is not included."""

import json
from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.clock import rfc3339
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.accounts.list_sessions import SessionView
from gatehouse.flows.accounts.list_sessions import view_of as view_of_session
from gatehouse.flows.accounts.read_events import EventView, views_of
from gatehouse.flows.accounts.read_profile import Profile, profile_of
from gatehouse.identity import Identity
from gatehouse.stores import devices
from gatehouse.stores.email_changes import EmailChange
from gatehouse.stores.streams import Publication

MOST_BYTES = 2 * 1024 * 1024
"""Bytes of messages in an export. A Lambda function returns up to 6 MB in all."""

MOST_EVENTS = 10_000
"""Maximum events in an export: many times what a busy account has in 180 days."""


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device that the user signed in from. Only a hash of browser and network is stored."""

    fingerprint: str
    last_seen_at: str


@dataclass(frozen=True, slots=True)
class EmailChangeView:
    """A move to another email address that waits to be confirmed."""

    new_email: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message in the user's personal channel, which only the user can read."""

    offset: int
    """Its number in the channel."""
    data: object
    info: object
    """The user who published it, or null for the app."""


@dataclass(frozen=True, slots=True)
class Export:
    """The data of an account. The password is stored only as a hash, which is not included."""

    profile: Profile
    sessions: list[SessionView]
    devices: list[DeviceView]
    email_change: EmailChangeView | None
    events: list[EventView]
    messages: list[MessageView]
    """The latest messages in the user's personal channel, newest first."""


def export_account(backend: Backend, caller: Identity) -> Export:
    """Returns the data that the tables hold about the caller (GDPR article 20).

    Raises:
        InvalidToken: the caller's own session has ended.
    """
    user = active_user(backend, caller)
    now = backend.clock.now()
    sessions = backend.accounts.sessions.of_user(user.id)
    known_devices = devices.within_life(user.devices, now)
    change = backend.accounts.email_changes.latest(user.id, now)
    events = backend.accounts.events.latest(user.id, before=None, limit=MOST_EVENTS)
    return Export(
        profile=profile_of(user),
        sessions=[view_of_session(each, caller.session_id) for each in sessions],
        devices=[DeviceView(name, rfc3339(seen_at)) for name, seen_at in known_devices.items()],
        email_change=_view_of_change(change) if change else None,
        events=views_of(events),
        messages=_messages(backend, user.id, now),
    )


def _messages(backend: Backend, user_id: str, now: int) -> list[MessageView]:
    """Returns as much of the personal channel's history as the channel's rule makes available."""
    channel = backend.realtime.rules.personal(user_id)
    if not backend.realtime.rules.know(channel):
        return []
    limit = backend.realtime.rules.of(channel).history_size
    messages, size = [], 0
    for publication in backend.realtime.streams.latest(channel, now=now, limit=limit):
        size += len(publication.pub.encode())
        if size > MOST_BYTES:
            break
        messages.append(_view_of_message(publication))
    return messages


def _view_of_message(publication: Publication) -> MessageView:
    message = json.loads(publication.pub)
    return MessageView(publication.offset, message["data"], message.get("info"))


def _view_of_change(change: EmailChange) -> EmailChangeView:
    return EmailChangeView(change.address.written, rfc3339(change.ends_at))
