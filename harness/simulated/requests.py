"""What DynamoDB demands of a request before it looks at an item."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness.simulated import expressions
from harness.simulated.expressions import Condition, Invalid, Names, Values
from harness.simulated.tables import Table
from harness.simulated.updates import Update
from harness.simulated.values import Item, Value

PAGE = 1024 * 1024
"""Bytes that a query reads at most."""

_TYPES = {"S": str, "N": str, "B": bytes, "BOOL": bool, "NULL": bool, "L": list, "M": dict}
_CONDITION = {"TableName", "ConditionExpression", "ReturnValuesOnConditionCheckFailure"}
_PLACEHOLDERS = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
_WRITE = _CONDITION | _PLACEHOLDERS | {"ReturnValues", "ReturnConsumedCapacity"}
_READ = {"TableName", "ConsistentRead", "ProjectionExpression", "ReturnConsumedCapacity"}
KNOWN = {
    "Get": _READ | {"Key", "ExpressionAttributeNames"},
    "Put": _WRITE | {"Item"},
    "Update": _WRITE | {"Key", "UpdateExpression"},
    "Delete": _WRITE | {"Key"},
    "ConditionCheck": _CONDITION | _PLACEHOLDERS | {"Key"},
    "Query": _READ
    | _PLACEHOLDERS
    | {"IndexName", "KeyConditionExpression", "FilterExpression"}
    | {"Limit", "ScanIndexForward", "ExclusiveStartKey"},
}
"""The parameters of each operation that are understood."""

_KEYS = re.compile(r"\s*(#?\w+)\s*=\s*(:\w+)(?:\s+AND\s+(.+))?")


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """A partition and, maybe, a range of it."""

    partition: str
    """The name of the partition key, or its placeholder."""
    value: str
    """The placeholder of its value."""
    sort: Condition | None

    @property
    def uses(self) -> set[str]:
        return {self.partition, self.value} | (self.sort.uses if self.sort else frozenset())


@lru_cache(maxsize=1024)
def key_condition(text: str) -> KeyCondition:
    """Raises: ``Invalid``"""
    match = _KEYS.fullmatch(text)
    if not match:
        raise Invalid(f"not understood: {text!r}")
    return KeyCondition(match[1], match[2], expressions.condition(match[3]) if match[3] else None)


def check_placeholders(used: Collection[str], names: Names, literals: Values) -> None:
    """Every placeholder is defined, and every one that is defined is used. Raises: ``Invalid``"""
    placeholders = {name for name in used if name[0] in "#:"}
    defined = names.keys() | literals.keys()
    if placeholders != defined:
        raise Invalid(f"undefined or unused: {sorted(placeholders ^ defined)}")


def check_values(attributes: Mapping[str, Value]) -> None:
    """Raises: ``Invalid`` for an empty set; ``TypeError`` for what botocore would not send."""
    for value in attributes.values():
        ((kind, content),) = value.items()
        if kind == "SS":
            if not content:
                raise Invalid("a set is empty")
        elif type(content) is not _TYPES[kind]:
            raise TypeError(f"{content!r} as a {kind}")
        elif kind == "N":
            int(str(content))


def check_targets(table: Table, update: Update, names: Names) -> None:
    """An update changes no key, and nothing twice. Raises: ``Invalid``"""
    targets = [names.get(target, target) for target in update.targets]
    if len(set(targets)) < len(targets):
        raise Invalid("two paths overlap")
    if set(targets) & set(table.keys):
        raise Invalid("a key cannot be updated")


def shown(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The placeholders and names of a projection; none stand for everything."""
    text = request.get("ProjectionExpression", "")
    return tuple(filter(None, (each.strip() for each in text.split(","))))


def pick(item: Item, wanted: tuple[str, ...], names: Names) -> Item:
    """The part of an item that a projection shows."""
    if not wanted:
        return dict(item)
    attributes = (names.get(each, each) for each in wanted)
    return {name: item[name] for name in attributes if name in item}
