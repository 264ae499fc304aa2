"""Open sockets on which somebody has proved who they are, and where a user's sockets are found.

API Gateway runs the frames of a connection side by side. The frame lock lets one of them run at a
time, in the order of their command ids: ``acquire_lock`` and ``release_lock`` are its two ends.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gatehouse import strict_json
from gatehouse.aws import ConditionFailed, ConnectionGone
from gatehouse.stores import item_keys
from gatehouse.stores.table import (
    EXISTS,
    IS_NEW,
    Condition,
    Item,
    Table,
    assignment,
    unmarshal,
    when,
)

GRACE = 25
"""Seconds after its token's end in which a connection may still bring a new one."""

LIFE = 7_800
"""Seconds after which DynamoDB may drop what belongs to a connection: the WebSocket API closes
every connection after two hours; ten minutes more are for clocks and stragglers."""

LEASE = 30
"""Seconds after which a frame that holds the lock counts as dead; its function has ended long
before."""

SLOTS = 8
"""Parts that the connections fall into; one of them is pinged each minute."""

BY_SLOT = "connections-by-slot"

_OPEN = "attribute_exists(#pk) AND attribute_not_exists(#closing)"
_LOCKED = f"{_OPEN} AND #locked_by = :token"
_FREE = f"{_OPEN} AND attribute_not_exists(#locked_by)"


@dataclass(frozen=True, slots=True)
class Opening:
    """A socket on which somebody is going to prove who they are, as its first frame knows it."""

    connection_id: str
    first_id: int
    """The id of the command that does."""
    fencing_token: str
    """The token that the frame holds the lock with."""
    channels: frozenset[str]
    """The channels that the frame asks for besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One open socket and the session that it belongs to."""

    id: str
    """As the WebSocket API names it."""
    client: str
    """As other clients see it: the gateway's id would let its holder post to the connection."""
    user_id: str
    session_id: str
    """Empty for a token of the app's own."""
    expires_at: int | None
    """The end of its token; None where it has none."""
    ttl: int
    channels: frozenset[str]
    """Every channel that it may be a member of; more is no harm, less would be."""
    info: object = None
    """What its token tells others of its user."""
    done_id: int = 0
    """The last command that was carried out; command ids are contiguous on a connection."""
    locked_by: str = ""
    """The fencing token of the frame that holds the lock; empty where none does."""
    locked_at: int = 0
    closing: bool = False
    """About to be removed; nothing may be added to it."""
    window: int = 0
    """The window of time that ``spent`` is counted in."""
    spent: int = 0
    """Commands carried out in the window."""

    def is_expired(self, now: int) -> bool:
        return self.expires_at is not None and now >= self.expires_at + GRACE

    def is_lease_over(self, now: int) -> bool:
        """Returns whether the frame that holds the lock will never release it."""
        return bool(self.locked_by) and now - self.locked_at > LEASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a frame notes on its connection when it releases the lock."""

    first_id: int
    last_id: int
    window: int
    spent: int
    left: frozenset[str] = frozenset()
    """Channels that the connection is not in any more, or could not join."""


class Connections:
    """The connections of the realtime table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # Coming and going.

    def index(self, connection: Connection) -> None:
        """Adds a connection to those of its user, where the end of a session finds it."""
        key = item_keys.connection_of_user(connection.user_id, connection.id)
        self._table.put(
            {
                **key,
                "connection": connection.id,
                "sid": connection.session_id,
                "ttl": connection.ttl,
            }
        )

    def open(self, connection: Connection) -> bool:
        """Writes a connection, if it is new; False where it was open before."""
        try:
            self._table.put(_to_item(connection), IS_NEW, old=True)
        except ConditionFailed as failed:
            # A retry of our own write, after its answer was lost, meets itself.
            return unmarshal(failed.old or {}).get("client") == connection.client
        return True

    def get(self, connection_id: str) -> Connection | None:
        item = self._table.get(item_keys.connection(connection_id))
        return _from_item(item) if item else None

    def extend(self, connection: Connection, expires_at: int | None) -> Connection:
        """Gives the connection the life of a new token.

        Raises:
            ConnectionGone: it is closed or being closed, or the frame lost the lock.
        """
        locked = when(_LOCKED, token=connection.locked_by)
        try:
            return self._update(connection.id, assignment("exp", expires_at), locked)
        except ConditionFailed:
            raise ConnectionGone from None

    def mark_closing(
        self, connection_id: str, *, unless_changed: Connection | None = None
    ) -> Connection | None:
        """Marks a connection as closing, so that nothing is added to it.

        Args:
            unless_changed: does nothing where the lock changed since this was read.

        Returns:
            the connection; None where there is none, or the lock changed.
        """
        condition = _lock_is_as_in(unless_changed) if unless_changed else EXISTS
        try:
            return self._update(connection_id, when("SET #closing = :yes", yes=True), condition)
        except ConditionFailed:
            return None

    def unindex(self, connection: Connection) -> None:
        """Removes a connection from those of its user."""
        self._table.delete(item_keys.connection_of_user(connection.user_id, connection.id))

    def remove(self, connection: Connection) -> None:
        """Removes what is known of a connection; the connection itself goes last."""
        self.unindex(connection)
        self._table.delete(item_keys.connection(connection.id))

    # The frame lock.

    def acquire_lock(
        self,
        connection_id: str,
        first_id: int,
        *,
        fencing_token: str,
        now: int,
        channels: frozenset[str],
    ) -> Connection | None:
        """Lets a frame run that changes what the connection is in, if it is the next one.

        Args:
            first_id: the id of the frame's first command.
            fencing_token: a name that was never used; only the frame that holds the lock with it
                may change the connection.
            channels: what the frame may join, noted before it does.
        """
        change = when("SET #locked_by = :token, #locked_at = :now", token=fencing_token, now=now)
        if channels:
            change = when(
                f"{change.text} ADD #subscriptions :joins", **change.values, joins=channels
            )
        # A retry of our own write, after its answer was lost, meets its own token.
        free = when(
            f"{_OPEN} AND #done_id = :before"
            " AND (attribute_not_exists(#locked_by) OR #locked_by = :token)",
            before=first_id - 1,
        )
        try:
            return self._update(connection_id, change, free)
        except ConditionFailed:
            return None

    def holds_lock(self, connection: Connection) -> bool:
        """Returns whether the connection is open and locked by the same frame as when it was
        read."""
        current = self.get(connection.id)
        if current is None or current.closing:
            return False
        return current.locked_by == connection.locked_by

    def release_lock(self, connection: Connection, release: Release) -> None:
        """Lets the next frame run.

        Raises:
            ConnectionGone: the connection is closed or being closed, or the frame lost the lock.
        """
        text = "SET #done_id = :last, #window = :window, #spent = :spent"
        values: dict[str, Any] = {
            "last": release.last_id,
            "window": release.window,
            "spent": release.spent,
        }
        if connection.locked_by:
            text += " REMOVE #locked_by, #locked_at"
        if release.left:
            text += " DELETE #subscriptions :left"
            values["left"] = release.left
        mine = when(_LOCKED, token=connection.locked_by)
        if not connection.locked_by:
            mine = when(f"{_FREE} AND #done_id = :before", before=release.first_id - 1)
        key = item_keys.connection(connection.id)
        try:
            self._table.update(key, when(text, **values), mine, old=True)
        except ConditionFailed as failed:
            # A retry of our own write, after its answer was lost, finds that it took effect.
            old = unmarshal(failed.old) if failed.old else {"closing": True}
            if "closing" in old or old["done_id"] < release.last_id:
                raise ConnectionGone from None

    # Who is there.

    def of_session(self, user_id: str, session_id: str) -> list[str]:
        """The ids of a session's connections, with those that are just being opened."""
        return [row["connection"] for row in self._of_user(user_id) if row["sid"] == session_id]

    def count(self, user_id: str) -> int:
        """How many connections a user has, with those that are just being opened."""
        return len(list(self._of_user(user_id)))

    def in_slot(self, slot: int) -> Iterator[str]:
        """The ids of the connections in one of the ``SLOTS``."""
        for item in self._table.query(("slot", str(slot)), index=BY_SLOT, only=("pk",)):
            yield item_keys.connection_id(item)

    def _of_user(self, user_id: str) -> Iterator[Item]:
        key = item_keys.connection_of_user(user_id, "any")
        mine = when("begins_with(#sk, :start)", start=key["sk"].removesuffix("any"))
        return self._table.query(("pk", key["pk"]), sort=mine)

    def _update(self, connection_id: str, change: Condition, condition: Condition) -> Connection:
        key = item_keys.connection(connection_id)
        return _from_item(self._table.update(key, change, condition))


def _lock_is_as_in(connection: Connection) -> Condition:
    """Returns the condition that the lock did not change since a connection was read."""
    if not connection.locked_by:
        return when(
            "#done_id = :done AND attribute_not_exists(#locked_by)", done=connection.done_id
        )
    return when(
        "#done_id = :done AND #locked_by = :token",
        done=connection.done_id,
        token=connection.locked_by,
    )


def slot_of(connection_id: str) -> int:
    """The slot of a connection, the same in every process."""
    return zlib.crc32(connection_id.encode()) % SLOTS


def to_text(info: object) -> str | None:
    """JSON as an attribute; numbers of DynamoDB are not those of JSON."""
    return None if info is None else strict_json.dumps(info)


def from_text(text: str | None) -> object:
    """What ``to_text`` was given."""
    return None if text is None else json.loads(text)


def _to_item(connection: Connection) -> Item:
    return {
        **item_keys.connection(connection.id),
        "connection": connection.id,
        "client": connection.client,
        "user": connection.user_id,
        "sid": connection.session_id,
        "exp": connection.expires_at,
        "info": to_text(connection.info),
        # DynamoDB has no empty sets.
        "subscriptions": connection.channels or None,
        "done_id": connection.done_id,
        "locked_by": connection.locked_by or None,
        "locked_at": connection.locked_at,
        "window": connection.window,
        "spent": connection.spent,
        "slot": str(slot_of(connection.id)),
        "ttl": connection.ttl,
    }


def _from_item(item: dict[str, Any]) -> Connection:
    return Connection(
        id=item["connection"],
        client=item["client"],
        user_id=item["user"],
        session_id=item["sid"],
        expires_at=item.get("exp"),
        info=from_text(item.get("info")),
        ttl=item["ttl"],
        channels=frozenset(item.get("subscriptions", ())),
        done_id=item["done_id"],
        locked_by=item.get("locked_by", ""),
        locked_at=item.get("locked_at", 0),
        window=item["window"],
        spent=item["spent"],
        closing="closing" in item,
    )
