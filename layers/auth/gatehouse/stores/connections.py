"""Open sockets on which somebody has proved who they are, and where a user's sockets are found.

API Gateway runs the frames of a connection side by side. The turnstile lets one of them through at
a time, in the order of their command ids: ``take`` and ``pass_on`` are its two ends.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gatehouse import strict_json
from gatehouse.aws import ConditionFailed, ConnectionGone
from gatehouse.stores import item_keys
from gatehouse.stores.table import EXISTS, IS_NEW, Condition, Item, Table, setting, unmarshal, when

GRACE = 25
"""Seconds after its token's end in which a connection may still bring a new one."""

LIFE = 7_800
"""Seconds after which DynamoDB may drop what belongs to a connection: the WebSocket API closes
every connection after two hours; ten minutes more are for clocks and stragglers."""

LONGEST_TURN = 30
"""Seconds after which a frame that holds the turnstile is taken for dead; its function has ended
long before."""

SLOTS = 8
"""Parts that the connections fall into; one of them is pinged each minute."""

BY_SLOT = "connections-by-slot"

_ALIVE = "attribute_exists(#pk) AND attribute_not_exists(#dead)"
_HELD = f"{_ALIVE} AND #busy = :turn"


@dataclass(frozen=True, slots=True)
class Opening:
    """A socket on which somebody is going to prove who they are, as its first frame knows it."""

    connection_id: str
    first_id: int
    """The id of the command that does."""
    turn: str
    """What the frame holds the turnstile by."""
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
    busy: str = ""
    """The turn of the frame that is being carried out, if it is one that needs the turnstile."""
    busy_since: int = 0
    dead: bool = False
    """About to be removed; nothing may be added to it."""
    window: int = 0
    """The window of time that ``spent`` is counted in."""
    spent: int = 0
    """Commands carried out in the window."""

    def is_expired(self, now: int) -> bool:
        return self.expires_at is not None and now >= self.expires_at + GRACE

    def is_stuck(self, now: int) -> bool:
        """Whether the frame that holds the turnstile will never let go of it."""
        return bool(self.busy) and now - self.busy_since > LONGEST_TURN


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a frame does to its connection when it is through."""

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

    def announce(self, connection: Connection) -> None:
        """Makes a connection known to whoever looks for the sockets of its user."""
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
            ConnectionGone: it is closed or being closed, or the turn is over.
        """
        change = setting("exp", expires_at)
        return self._change(connection.id, change, when(_HELD, turn=connection.busy))

    def bury(
        self, connection_id: str, *, unless_changed: Connection | None = None
    ) -> Connection | None:
        """Marks a connection as dead, so that nothing is added to it; None where there is none.

        Args:
            unless_changed: does nothing where its turnstile moved since it was read.
        """
        condition = EXISTS
        if unless_changed:
            busy = "#busy = :busy" if unless_changed.busy else "attribute_not_exists(#busy)"
            values = {"busy": unless_changed.busy} if unless_changed.busy else {}
            condition = when(f"#done_id = :done AND {busy}", done=unless_changed.done_id, **values)
        try:
            return self._update(connection_id, when("SET #dead = :yes", yes=True), condition)
        except ConditionFailed:
            return None

    def retract(self, connection: Connection) -> None:
        """Takes ``announce`` back."""
        self._table.delete(item_keys.connection_of_user(connection.user_id, connection.id))

    def remove(self, connection: Connection) -> None:
        """Removes what is known of a connection; the connection itself goes last."""
        self.retract(connection)
        self._table.delete(item_keys.connection(connection.id))

    # The turnstile.

    def take(
        self, connection_id: str, first_id: int, *, turn: str, now: int, channels: frozenset[str]
    ) -> Connection | None:
        """Lets a frame through that changes what the connection is in, if it is its turn.

        Args:
            first_id: the id of the frame's first command.
            turn: a name that was never used; whoever holds it may change the connection.
            channels: what the frame may join, noted before it does.
        """
        change = when("SET #busy = :turn, #busy_since = :now", turn=turn, now=now)
        if channels:
            change = when(
                f"{change.text} ADD #subscriptions :joins", **change.values, joins=channels
            )
        free = when(
            f"{_ALIVE} AND #done_id = :before AND (attribute_not_exists(#busy) OR #busy = :turn)",
            before=first_id - 1,
        )
        try:
            return self._update(connection_id, change, free)
        except ConditionFailed:
            return None

    def is_held(self, connection: Connection) -> bool:
        """Whether the connection is alive and its turn still the same."""
        found = self.get(connection.id)
        return found is not None and not found.dead and found.busy == connection.busy

    def pass_on(self, connection: Connection, turn: Turn) -> None:
        """Lets the next frame through.

        Raises:
            ConnectionGone: the connection is closed or being closed, or the turn was over.
        """
        text = "SET #done_id = :last, #window = :window, #spent = :spent"
        values: dict[str, Any] = {
            "last": turn.last_id,
            "window": turn.window,
            "spent": turn.spent,
        }
        if connection.busy:
            text += " REMOVE #busy, #busy_since"
        if turn.left:
            text += " DELETE #subscriptions :left"
            values["left"] = turn.left
        mine = when(_HELD, turn=connection.busy)
        if not connection.busy:
            mine = when(
                f"{_ALIVE} AND attribute_not_exists(#busy) AND #done_id = :before",
                before=turn.first_id - 1,
            )
        key = item_keys.connection(connection.id)
        try:
            self._table.update(key, when(text, **values), mine, old=True)
        except ConditionFailed as failed:
            # A retry of our own write, after its answer was lost, finds that it is through.
            old = unmarshal(failed.old) if failed.old else {"dead": True}
            if "dead" in old or old["done_id"] < turn.last_id:
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

    def _change(self, connection_id: str, change: Condition, condition: Condition) -> Connection:
        try:
            return self._update(connection_id, change, condition)
        except ConditionFailed:
            raise ConnectionGone from None


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
        "busy": connection.busy or None,
        "busy_since": connection.busy_since,
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
        busy=item.get("busy", ""),
        busy_since=item.get("busy_since", 0),
        window=item["window"],
        spent=item["spent"],
        dead="dead" in item,
    )
