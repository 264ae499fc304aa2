"""End many sessions of a user, without their sockets."""

from collections.abc import Callable

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.stores.sessions import Session
from gatehouse.stores.table import Write

BATCH = 90
"""Sessions that one transaction ends. What goes with the first of them fits in beside them."""

Choice = Callable[[list[Session]], list[Session]]
"""Chooses the sessions that end from those that are stored, in the order in which they end."""


def drop_sessions(
    backend: Backend, user_id: str, choose: Choice, *with_first: Write
) -> list[Session]:
    """Deletes the chosen sessions, in batches. Returns the stored sessions that were not chosen.

    A process that dies in between leaves whole sessions, and repeating the call ends the rest. If
    another process ends one of them at the same time, what is left is read and chosen anew.

    Args:
        with_first: made with the first batch that has a live session, so that nothing is recorded
            where nothing ends, and nothing ends without its record.
    """
    stored = backend.accounts.sessions.of_user(user_id)
    waiting = choose(stored)
    while waiting:
        batch = waiting[:BATCH]
        ends_some = any(_is_live(backend, session) for session in batch)
        others = with_first if ends_some else ()
        try:
            backend.accounts.transact(*(_ending(backend, each) for each in batch), *others)
        except TransactionRefused:
            stored = backend.accounts.sessions.of_user(user_id)
            waiting = choose(stored)
            continue
        waiting = waiting[BATCH:]
        with_first = () if ends_some else with_first
    chosen = {session.id for session in choose(stored)}
    return [session for session in stored if session.id not in chosen]


def _ending(backend: Backend, session: Session) -> Write:
    sessions = backend.accounts.sessions
    end = sessions.ending if _is_live(backend, session) else sessions.clearing
    return end(session.user_id, session.id)


def _is_live(backend: Backend, session: Session) -> bool:
    return session.is_live(backend.clock.now())
