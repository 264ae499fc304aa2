"""DynamoDB's values in its own notation: compared, and measured as they are billed.

Values are never changed in place, so items may share them. Numbers are whole, as in the stores.
"""

from collections.abc import Mapping
from typing import Any

Value = Mapping[str, Any]
"""One attribute, e.g. ``{"N": "3"}``."""
Item = dict[str, Value]

_ORDERED = frozenset({"S", "N", "B"})


def kind(value: Value) -> str:
    """The type of a value, e.g. ``"SS"``."""
    (name,) = value
    return name


def equal(left: Value | None, right: Value | None) -> bool:
    """Values of different types are different; sets have no order."""
    if left is None or right is None:
        return left is right
    ((one, a),) = left.items()
    ((other, b),) = right.items()
    if one != other:
        return False
    match one:
        case "SS":
            return set(a) == set(b)
        case "N":
            return int(a) == int(b)
        case "L":
            return len(a) == len(b) and all(map(equal, a, b))
        case "M":
            return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)
    return bool(a == b)


def comparable(left: Value | None, right: Value | None) -> tuple[Any, Any] | None:
    """Both as Python compares them, or None where DynamoDB finds no order between them."""
    if left is None or right is None:
        return None
    ((one, a),) = left.items()
    ((other, b),) = right.items()
    if one != other or one not in _ORDERED:
        return None
    return (int(a), int(b)) if one == "N" else (a, b)


def begins_with(value: Value | None, start: Value) -> bool:
    """Whether a text or binary begins with another."""
    pair = comparable(value, start)
    return pair is not None and kind(start) != "N" and bool(pair[0].startswith(pair[1]))


def contains(value: Value | None, part: Value) -> bool:
    """Whether a set or list has the element, or a text the part."""
    if value is None:
        return False
    ((name, content),) = value.items()
    ((wanted, element),) = part.items()
    if name == "L":
        return any(equal(each, part) for each in content)
    return wanted == {"SS": "S", "S": "S"}.get(name) and element in content


def size(value: Value | None) -> Value | None:
    """What the function ``size`` of an expression gives: None for a number or nothing."""
    if value is None or kind(value) in ("N", "BOOL", "NULL"):
        return None
    (content,) = value.values()
    return {"N": str(len(content))}


def item_bytes(item: Mapping[str, Value]) -> int:
    """The size of an item, by "DynamoDB item sizes and formats" of the developer guide."""
    return sum(_length(name) + _bytes(value) for name, value in item.items())


def _bytes(value: Value) -> int:
    ((name, content),) = value.items()
    match name:
        case "S":
            return _length(content)
        case "N":
            digits = content.lstrip("-").strip("0")
            return (len(digits) + 1) // 2 + 1 + int(content.startswith("-"))
        case "B":
            return len(content)
        case "SS":
            return sum(map(_length, content))
        case "L":
            return 3 + sum(1 + _bytes(each) for each in content)
        case "M":
            return 3 + len(content) + item_bytes(content)
    return 1


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
