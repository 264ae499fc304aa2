"""Where simulated DynamoDB keeps items: partitions in the order of their sort keys."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.simulated.expressions import Invalid
from harness.simulated.values import Item, Value

ItemKey = tuple[str, str]
"""The texts of the partition key and the sort key."""


@dataclass
class Partition:
    """The items with one partition key."""

    items: dict[str, Item] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def copy(self) -> "Partition":
        return Partition(dict(self.items), list(self.order))


@dataclass
class Table:
    """One table; items are replaced, never changed, so a copy shares them."""

    name: str
    keys: tuple[str, str]
    indexes: Mapping[str, tuple[str, str]]
    """The keys of the global secondary indexes, which project nothing but keys."""
    partitions: dict[str, Partition] = field(default_factory=dict)

    @classmethod
    def of_template(cls, name: str, properties: Mapping[str, Any]) -> "Table":
        """A table as template.yaml describes it."""
        indexes = properties.get("GlobalSecondaryIndexes", [])
        if any(each["Projection"] != {"ProjectionType": "KEYS_ONLY"} for each in indexes):
            # Indexes give out keys only here; one that holds more would answer wrongly.
            raise NotImplementedError("an index with more than keys")
        by_name = {each["IndexName"]: _names(each["KeySchema"]) for each in indexes}
        return cls(name, _names(properties["KeySchema"]), by_name)

    def copy(self) -> "Table":
        partitions = {pk: partition.copy() for pk, partition in self.partitions.items()}
        return Table(self.name, self.keys, self.indexes, partitions)

    def key_of(self, item: Mapping[str, Value], *, whole: bool = False) -> ItemKey:
        """The key of an item; ``whole`` where nothing else may be there. Raises: ``Invalid``"""
        one, other = (item.get(name, {}).get("S") for name in self.keys)
        if not one or not other or (whole and len(item) != len(self.keys)):
            raise Invalid("a key is missing, empty, of a wrong type or more than a key")
        return one, other

    def get(self, key: ItemKey) -> Item | None:
        partition = self.partitions.get(key[0])
        return partition.items.get(key[1]) if partition else None

    def set(self, key: ItemKey, item: Item | None) -> None:
        """Writes an item, or removes it where there is none to be."""
        pk, sk = key
        if item is None:
            self._remove(pk, sk)
            return
        partition = self.partitions.setdefault(pk, Partition())
        if sk not in partition.items:
            insort(partition.order, sk)
        partition.items[sk] = item

    def items(self) -> Iterator[Item]:
        """All items; they may be removed meanwhile."""
        for partition in list(self.partitions.values()):
            yield from list(partition.items.values())

    def rows(self, index: str | None, hash_key: str) -> list[Item]:
        """The rows of a partition of the table or of an index, in the order of the sort key."""
        if index is None:
            partition = self.partitions.get(hash_key, Partition())
            return [partition.items[sk] for sk in partition.order]
        name, order = self.indexes[index]
        items = (item for item in self.items() if item.get(name) == {"S": hash_key})
        projected = (entry for item in items if (entry := self.entry(index, item)))
        return sorted(projected, key=lambda row: (row[order]["S"], *self.key_of(row)))

    def entry(self, index: str, item: Item | None) -> Item | None:
        """What an index holds of an item: keys; nothing where the item lacks one of its own."""
        names = self.indexes[index]
        if item is None or any(name not in item for name in names):
            return None
        return {name: item[name] for name in (*self.keys, *names)}

    def _remove(self, pk: str, sk: str) -> None:
        partition = self.partitions.get(pk)
        if partition and partition.items.pop(sk, None) is not None:
            del partition.order[bisect_left(partition.order, sk)]
            if not partition.items:
                del self.partitions[pk]


def _names(schema: list[dict[str, str]]) -> tuple[str, str]:
    by_type = {each["KeyType"]: each["AttributeName"] for each in schema}
    return by_type["HASH"], by_type["RANGE"]
