"""What DynamoDB bills: a write unit for each KB, a read unit for each 4 KB, twice in transactions.

By "DynamoDB read and write operations" of the developer guide. A write whose condition fails is
billed too, and so is a read that finds nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.simulated.tables import Table
from harness.simulated.values import Item, item_bytes


@dataclass
class Meter:
    """Units that were consumed so far."""

    reads: float = 0.0
    writes: float = 0.0


def write_units(table: Table, old: Item | None, new: Item | None) -> float:
    """The units of a write: by the larger of the items before and after, and each index."""
    size = max(item_bytes(old) if old else 0, item_bytes(new) if new else 0)
    units = max(1, -(-size // 1024))
    for index in table.indexes:
        before, after = table.entry(index, old), table.entry(index, new)
        if before != after:
            # An entry whose keys change is deleted and put.
            units += (before is not None) + (after is not None)
    return float(units)


def read_units(items: Iterable[Item], *, consistent: bool) -> float:
    """The units of one get or query: its items together, rounded up once."""
    size = sum(map(item_bytes, items))
    return max(1, -(-size // 4096)) * (1.0 if consistent else 0.5)
