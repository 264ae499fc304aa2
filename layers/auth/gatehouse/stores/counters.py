"""Counters of a window of time, for limits."""

from gatehouse.aws import ConditionFailed
from gatehouse.stores import item_keys
from gatehouse.stores.table import Table, when


class Counters:
    """Counters and marks of a table, by the hash of what they are about."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(
        self, name: str, subject: str, window: int, *, most: int, ttl: int, times: int = 1
    ) -> bool:
        """Counts so many more, if ``most`` is not exceeded by them; whether it did.

        The condition is part of the write: of any number at the same time, ``most`` get through.
        """
        if times > most:
            return False
        try:
            self._table.update(
                item_keys.counter(name, subject, window),
                when("ADD #count :times SET #ttl = :ttl", times=times, ttl=ttl),
                when("attribute_not_exists(#count) OR #count <= :rest", rest=most - times),
            )
        except ConditionFailed:
            return False
        return True

    def is_marked(self, subject: str, now: int) -> bool:
        """Whether ``mark`` was called for the subject, and is still in force."""
        item = self._table.get(item_keys.mark(subject), only=("ends_at",))
        return item is not None and item["ends_at"] > now

    def mark(self, subject: str, ends_at: int) -> None:
        item = {**item_keys.mark(subject), "ends_at": ends_at, "ttl": ends_at}
        self._table.put(item)
