"""The audit trail: what happened to an account, for its owner to read."""

from dataclasses import dataclass, replace
from typing import Any

from gatehouse.identity import Device, new_id
from gatehouse.stores import item_keys
from gatehouse.stores.table import IS_NEW, Condition, Item, Table, Write, when

DAY = 86_400

LIFE = 180 * DAY
"""Seconds for which an event is stored."""

LIFE_FOR_NOBODY = 3_600
"""Seconds for which the item is stored that stands in for an event of an unknown address."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an account.

    ``tag`` is ``source:subject:action``, for example ``user:session:start``. The source is the
    user, the system or an operator.
    """

    id: str
    user_id: str
    tag: str
    at: int
    session_id: str = ""
    address: str = ""
    user_agent: str = ""
    count: int = 1
    """How often it happened. ``at`` and the details are those of the last time."""
    reason: str = ""
    """Why an operator did it, in the operator's words."""
    actor: str = ""
    """The operator. Not shown to the user, because it names a member of staff."""


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


def daily_event(user_id: str, tag: str, *, now: int, device: Device, session_id: str = "") -> Event:
    """Creates an event whose ID is the same for all of its kind on one day, in UTC."""
    day = now - now % DAY
    event = new_event(user_id, tag, now=now, device=device, session_id=session_id)
    return replace(event, id=f"{day:012d}-{tag.replace(':', '-')}")


def new_operator_event(user_id: str, tag: str, *, now: int, actor: str, reason: str) -> Event:
    """Creates an event that an operator causes now."""
    return replace(new_event(user_id, tag, now=now), actor=actor, reason=reason)


class Events:
    """The events in the accounts table: in the partition of their user, in chronological order.

    An event that is counted by the day has its place at the beginning of the day.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(self, event: Event) -> None:
        self._table.put(_to_item(event))

    def recording(self, event: Event) -> Write:
        """Returns the write that records an event, for the transaction that causes it."""
        return self._table.putting(_to_item(event))

    def counting(self, event: Event) -> Write:
        """Returns the write that adds an event to the count of its ID, with the latest details."""
        key = item_keys.event(event.user_id, event.id)
        return self._table.updating(key, _once_more(_to_item(event)))

    def counting_for_nobody(self, event: Event) -> list[Write]:
        """Returns the writes that stand in for a check of the user and ``counting``."""
        check, key = (item_keys.counter("nobody", new_id(), 0) for _ in range(2))
        item = {**_to_item(event), "ttl": event.at + LIFE_FOR_NOBODY}
        return [
            self._table.checking(check, IS_NEW),
            self._table.updating(key, _once_more(item)),
        ]

    def noting(self, event: Event) -> Write:
        """Returns a write that records an event by setting its attributes one by one.

        A role can be limited to these attributes, so that it can record events but change no user.
        """
        attributes = _to_item(event)
        key = {name: attributes.pop(name) for name in ("pk", "sk")}
        assignments = ", ".join(f"#{name} = :{name}" for name in attributes)
        return self._table.updating(key, when(f"SET {assignments}", **attributes))

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


def _once_more(item: Item) -> Condition:
    values = {name: value for name, value in item.items() if name not in ("pk", "sk", "count")}
    changes = ", ".join(f"#{name} = :{name}" for name in values)
    return when(f"SET {changes} ADD #count :one", **values, one=1)


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
        "count": event.count,
        "ttl": event.at + LIFE,
        **({"reason": event.reason, "actor": event.actor} if event.actor else {}),
    }


def _from_item(item: dict[str, Any]) -> Event:
    names = ("id", "user_id", "tag", "at", "session_id", "address", "user_agent")
    said = {name: item.get(name, "") for name in ("reason", "actor")}
    # Events of earlier versions have no count.
    return Event(**{name: item[name] for name in names}, count=item.get("count", 1), **said)
