"""Counters per time window, for limits."""

from gatehouse.aws import ConditionFailed
from gatehouse.stores import item_keys
from gatehouse.stores.table import Table, when


class Counters:
    """The counters of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(
        self, name: str, subject: str, window: int, *, most: int, ttl: int, times: int = 1
    ) -> bool:
        """Adds ``times`` unless that would exceed ``most``. Returns whether it was added.

        The condition is part of the write, so concurrent callers never exceed ``most`` together.

        Args:
            window: the number of the time window. Each window has its own counter.
            ttl: when DynamoDB may delete the counter, in seconds since 1970.
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
