"""Counts what requests use: DynamoDB capacity units, AWS calls and password hashes.

The simulated DynamoDB does not measure items, so units are computed here by the public rules. One
unit reads 4 KB (half a unit without strong consistency) or writes 1 KB (two units in a
transaction). Every index entry that changes is an additional write.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any
from unittest.mock import patch

import bcrypt

Item = dict[str, Any]

_INDEX_KEYS = ("slot", "pk", "sk")
"""Attributes of an entry in the only index, connections-by-slot."""


@dataclass
class Meter:
    """The usage counted so far."""

    reads: float = 0
    writes: float = 0
    hashes: int = 0
    calls: "Counter[str]" = field(default_factory=Counter)

    def watching(self, service: str, client: Any) -> Any:
        """Returns a client whose calls this meter counts."""
        return _Counted(self, service, client)

    def add_read(self, size: int, *, consistent: bool) -> None:
        """Adds the read of one item, or of the items of one query.

        Args:
            size: bytes.
        """
        self.reads += max(1, ceil(size / 4096)) * (1 if consistent else 0.5)

    def add_write(self, old: Item | None, new: Item | None, *, factor: int) -> None:
        """Adds the write that changed one item from `old` to `new`.

        Args:
            factor: 2 in a transaction, else 1.
        """
        self.writes += factor * _write_units(old, new)
        before, after = _entry(old), _entry(new)
        if before != after:
            self.writes += factor * sum(
                _write_units(each, None) for each in (before, after) if each
            )


@contextmanager
def hashes_counted(meter: Meter) -> Iterator[None]:
    """Counts the password hashes computed within the block."""

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def hashing(*args: Any) -> Any:
            meter.hashes += 1
            return work(*args)

        return hashing

    with (
        patch.object(bcrypt, "hashpw", counted(bcrypt.hashpw)),
        patch.object(bcrypt, "checkpw", counted(bcrypt.checkpw)),
    ):
        yield


class _Counted:
    """A client whose operations are counted, for DynamoDB with their capacity units."""

    def __init__(self, meter: Meter, service: str, client: Any) -> None:
        self._meter, self._service, self._client = meter, service, client

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if not callable(operation) or name == "exceptions":
            return operation

        def call(**request: Any) -> Any:
            self._meter.calls[self._service] += 1
            if self._service == "dynamodb":
                return self._weighed(name, operation, request)
            return operation(**request)

        return call

    def _weighed(self, name: str, operation: Callable[..., Any], request: Item) -> Any:
        if name == "get_item":
            size = _size(self._stored(request) or {})
            self._meter.add_read(size, consistent=request.get("ConsistentRead", False))
            return operation(**request)
        if name == "query":
            answer = operation(**request)
            size = sum(map(_size, answer["Items"]))
            self._meter.add_read(size, consistent=request.get("ConsistentRead", False))
            return answer
        return self._written(operation, request, _targets(name, request))

    def _written(self, operation: Callable[..., Any], request: Item, targets: list[Item]) -> Any:
        before = [self._stored(target) for target in targets]
        try:
            return operation(**request)
        finally:
            # A write whose condition fails is billed like one that succeeds.
            factor = 2 if "TransactItems" in request else 1
            for target, old in zip(targets, before, strict=True):
                self._meter.add_write(old, self._stored(target), factor=factor)

    def _stored(self, target: Item) -> Item | None:
        item: Item | None = self._client.get_item(
            TableName=target["TableName"], Key=_key(target), ConsistentRead=True
        ).get("Item")
        return item


def _targets(name: str, request: Item) -> list[Item]:
    """Returns the single writes of a request."""
    if name != "transact_write_items":
        return [request]
    return [part for write in request["TransactItems"] for part in write.values()]


def _key(target: Item) -> Item:
    item = target.get("Key") or target["Item"]
    return {"pk": item["pk"], "sk": item["sk"]}


def _write_units(old: Item | None, new: Item | None) -> int:
    return max(1, ceil(max(_size(old or {}), _size(new or {})) / 1024))


def _entry(item: Item | None) -> Item | None:
    if not item or "slot" not in item:
        return None
    return {name: item[name] for name in _INDEX_KEYS}


def _size(item: Item) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Item) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return len(content) // 2 + 1
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(each.encode()) for each in content)
        case "L":
            return 3 + sum(1 + _value_size(each) for each in content)
        case "M":
            return 3 + len(content) + _size(content)
    return len(content if isinstance(content, bytes) else content.encode())
