"""Who is in a channel."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatehouse.aws import ConditionFailed
from gatehouse.stores import item_keys
from gatehouse.stores.connections import GRACE, Connection
from gatehouse.stores.table import EXISTS, Item, Table, when


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One connection in one channel."""

    connection_id: str
    client: str
    user_id: str
    expires_at: int
    """The end of the connection's access token."""


class Members:
    """The members of channels in the realtime table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, channel: str, connection: Connection) -> None:
        """Adds a connection to a channel, or writes it anew."""
        self._table.put(
            {
                **item_keys.member(channel, connection.id),
                "connection": connection.id,
                "client": connection.client,
                "user": connection.user_id,
                "exp": connection.expires_at,
                "ttl": connection.ttl,
            }
        )

    def extend(self, channel: str, connection_id: str, expires_at: int) -> None:
        """Gives a member the life of a new token; nobody becomes one by it."""
        change = when("SET #exp = :exp", exp=expires_at)
        try:
            self._table.update(item_keys.member(channel, connection_id), change, EXISTS)
        except ConditionFailed:
            return

    def remove(self, channel: str, connection_id: str) -> None:
        self._table.delete(item_keys.member(channel, connection_id))

    def of(self, channel: str, now: int) -> Iterator[Member]:
        """The members whose token is good, or was so until just now. Nobody else gets anything."""
        key = item_keys.member(channel, "any")
        mine = when("begins_with(#sk, :start)", start=key["sk"].removesuffix("any"))
        for item in self._table.query(("pk", key["pk"]), sort=mine):
            if now < item["exp"] + GRACE:
                yield _from_item(item)


def _from_item(item: Item) -> Member:
    return Member(
        connection_id=item["connection"],
        client=item["client"],
        user_id=item["user"],
        expires_at=item["exp"],
    )
