"""Accounts that are being removed: what is begun is finished, whoever dies in between."""

from collections.abc import Iterator

from gatehouse.stores import item_keys
from gatehouse.stores.table import Table, Write


class Removals:
    """The removals of the accounts table that are under way."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def beginning(self, user_id: str, now: int) -> Write:
        item = {**item_keys.removal(user_id), "user_id": user_id, "created_at": now}
        return self._table.putting(item)

    def done(self, user_id: str) -> None:
        self._table.delete(item_keys.removal(user_id))

    def overdue(self, before: int) -> Iterator[str]:
        """The users whose removal began at ``before`` or earlier."""
        for item in self._table.query(("pk", item_keys.removal("any")["pk"])):
            if item["created_at"] <= before:
                yield item["user_id"]
