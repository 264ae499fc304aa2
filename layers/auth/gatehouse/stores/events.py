"""The audit trail: what happened to an account, for its owner to read."""

from dataclasses import dataclass
from typing import Any

from gatehouse.identity import Device, new_id
from gatehouse.stores import item_keys
from gatehouse.stores.table import Item, Table, Write, when

LIFE = 180 * 86_400
"""Seconds for which an event is stored."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an account.

    ``tag`` is ``source:subject:action``, for example ``user:session:start``. The source is the user
    or the system.
    """

    id: str
    user_id: str
    tag: str
    at: int
    session_id: str = ""
    address: str = ""
    user_agent: str = ""


def new_event(
    user_id: str, tag: str, *, now: int, device: Device | None = None, session_id: str = ""
) -> Event:
    """Creates an event that happens now."""
    origin = device or Device()
    return Event(
        id=f"{now:012d}-{new_id()[:12]}",
        user_id=user_id,
        tag=tag,
        at=now,
        session_id=session_id,
        address=origin.address,
        user_agent=origin.user_agent,
    )


class Events:
    """The events in the accounts table: in the partition of their user, in chronological order."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(self, event: Event) -> None:
        self._table.put(_to_item(event))

    def recording(self, event: Event) -> Write:
        """Returns the write that records an event, for the transaction that causes it."""
        return self._table.putting(_to_item(event))

    def latest(self, user_id: str, *, before: str | None, limit: int) -> list[Event]:
        """Returns up to ``limit`` events, newest first.

        Args:
            before: return only events older than the event with this ID.
        """
        newest = item_keys.event(user_id, before or "9")
        oldest = item_keys.event(user_id, "0")
        sort = when("#sk BETWEEN :oldest AND :newest", oldest=oldest["sk"], newest=newest["sk"])
        events: list[Event] = []
        # Read one more than requested, because the range includes ``before`` itself.
        for item in self._table.query(
            ("pk", newest["pk"]), sort=sort, newest_first=True, at_once=limit + 1
        ):
            if item["id"] != before:
                events.append(_from_item(item))
            if len(events) == limit:
                break
        return events


def _to_item(event: Event) -> Item:
    return {
        **item_keys.event(event.user_id, event.id),
        "id": event.id,
        "user_id": event.user_id,
        "tag": event.tag,
        "at": event.at,
        "session_id": event.session_id,
        "address": event.address,
        "user_agent": event.user_agent,
        "ttl": event.at + LIFE,
    }


def _from_item(item: dict[str, Any]) -> Event:
    names = ("id", "user_id", "tag", "at", "session_id", "address", "user_agent")
    return Event(**{name: item[name] for name in names})
