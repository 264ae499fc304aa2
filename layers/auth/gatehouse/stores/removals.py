"""Account removals in progress, stored so that an interrupted removal is finished later."""

from collections.abc import Iterator

from gatehouse.stores import item_keys
from gatehouse.stores.table import IS_NEW, Table, Write


class Removals:
    """The removals in progress in the accounts table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def beginning(self, user_id: str, now: int) -> Write:
        """Returns the write that starts a removal."""
        item = {**item_keys.removal(user_id), "user_id": user_id, "created_at": now}
        return self._table.putting(item)

    def checking_none(self, user_id: str) -> Write:
        """Returns the check that an account is only disabled, and not being removed.

        It fails if a removal is in progress.
        """
        return self._table.checking(item_keys.removal(user_id), IS_NEW)

    def done(self, user_id: str) -> None:
        """Deletes the record of a finished removal."""
        self._table.delete(item_keys.removal(user_id))

    def overdue(self, before: int) -> Iterator[str]:
        """Yields the IDs of the users whose removal began at ``before`` or earlier."""
        for item in self._table.query(("pk", item_keys.removal("any")["pk"])):
            if item["created_at"] <= before:
                yield item["user_id"]
