"""Orders to finish the end of a user's sessions, stored until no socket of theirs is open."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatehouse.identity import new_id
from gatehouse.stores import item_keys
from gatehouse.stores.table import Table, Write


@dataclass(frozen=True, slots=True)
class Sweep:
    """One order: sessions of this user have ended or must end."""

    id: str
    user_id: str


class Sweeps:
    """The sweeps in the accounts table.

    They do not share a partition with the removals: a process of the former version deletes the
    account of every item that it finds there.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def adding(self, sweep: Sweep, now: int) -> Write:
        """Returns the write that stores an order, for the transaction that ends the sessions."""
        return self._table.putting(
            {
                **item_keys.sweep(sweep.id),
                "id": sweep.id,
                "user_id": sweep.user_id,
                "created_at": now,
            }
        )

    def done(self, sweep: Sweep) -> None:
        """Deletes an order that was carried out."""
        self._table.delete(item_keys.sweep(sweep.id))

    def overdue(self, before: int) -> Iterator[Sweep]:
        """Yields the orders that were given at ``before`` or earlier."""
        for item in self._table.query(("pk", item_keys.sweep("any")["pk"])):
            if item["created_at"] <= before:
                yield Sweep(item["id"], item["user_id"])


def new_sweep(user_id: str) -> Sweep:
    """Creates an order for a user's sessions."""
    return Sweep(new_id(), user_id)
