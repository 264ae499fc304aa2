"""DynamoDB's condition expressions: parsed once, compiled to closures, and kept by their text.

The part of the grammar that stores use: attributes at the top of an item, no paths into them.
What is not understood is refused, so that no test passes by being misread.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from harness.simulated import values
from harness.simulated.values import Item, Value

T = TypeVar("T")
Names = Mapping[str, str]
Values = Mapping[str, Value]
Operand = Callable[[Item, Names, Values], Value | None]
Test = Callable[[Item, Names, Values], bool]

_TOKEN = re.compile(r"\s*([#:]?[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>(),+-])")
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Invalid(Exception):
    """DynamoDB would answer ``ValidationException``."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition, filter or key condition."""

    holds: Test
    uses: frozenset[str]
    """The placeholders for names and values."""


@lru_cache(maxsize=4096)
def condition(text: str) -> Condition:
    """Raises: ``Invalid``"""
    parser = Parser(text)
    holds = parser.either()
    parser.end()
    return Condition(holds, parser.uses)


class Parser:
    """Recursive descent over one expression; tighter binding is further down."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self.next = next(self._tokens, "")
        self._uses: set[str] = set()
        self._wrapped = False
        """Whether what was read last stands in parentheses."""

    @property
    def uses(self) -> frozenset[str]:
        return frozenset(self._uses)

    def take(self, wanted: str = "") -> str:
        token = self.next
        if not token or (wanted and token.upper() != wanted):
            raise Invalid(f"{wanted or 'more'} expected in {self._text!r}")
        if token[0] in "#:":
            self._uses.add(token)
        self.next = next(self._tokens, "")
        return token

    def end(self) -> None:
        if self.next:
            raise Invalid(f"unexpected {self.next} in {self._text!r}")

    def listed(self, one: Callable[[], T]) -> Iterator[T]:
        yield one()
        while self.next == ",":
            self.take()
            yield one()

    # Conditions.

    def either(self) -> Test:
        left = self._both()
        while self.next.upper() == "OR":
            self.take()
            left = _or(left, self._both())
            self._wrapped = False
        return left

    def _both(self) -> Test:
        left = self._negated()
        while self.next.upper() == "AND":
            self.take()
            left = _and(left, self._negated())
            self._wrapped = False
        return left

    def _negated(self) -> Test:
        if self.next.upper() != "NOT":
            return self._single()
        self.take()
        inner = self._negated()
        self._wrapped = False
        return lambda item, names, literals: not inner(item, names, literals)

    def _single(self) -> Test:
        if self.next == "(":
            self.take()
            inner = self.either()
            if self._wrapped:
                raise Invalid("the expression has redundant parentheses")
            self.take(")")
            self._wrapped = True
            return inner
        self._wrapped = False
        if self.next in _TESTS:
            make = _TESTS[self.take()]
            self.take("(")
            arguments = list(self.listed(self.operand))
            self.take(")")
            return make(*arguments)
        return self._compared(self.operand())

    def _compared(self, left: Operand) -> Test:
        sign = self.take().upper()
        if sign == "BETWEEN":
            low = self.operand()
            self.take("AND")
            return _and(_ordered(">=", left, low), _ordered("<=", left, self.operand()))
        if sign in _ORDERS:
            return _ordered(sign, left, self.operand())
        right = self.operand()
        if sign == "=":
            return lambda *at: (a := left(*at)) is not None and values.equal(a, right(*at))
        if sign == "<>":
            return lambda *at: not values.equal(left(*at), right(*at))
        raise Invalid(f"unexpected {sign} in {self._text!r}")

    def operand(self) -> Operand:
        token = self.take()
        if token == "size":
            self.take("(")
            inner = self.operand()
            self.take(")")
            return lambda *at: values.size(inner(*at))
        if token[0] == ":":
            return lambda _, __, literals: literals[token]
        if token[0] == "#":
            return lambda item, names, _: item.get(names[token])
        if token[0].isalpha():
            return lambda item, _, __: item.get(token)
        raise Invalid(f"unexpected {token} in {self._text!r}")


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if not match:
            raise Invalid(f"not understood: {text[place:]!r}")
        place = match.end()
        yield match[1]


def _or(left: Test, right: Test) -> Test:
    return lambda *at: left(*at) or right(*at)


def _and(left: Test, right: Test) -> Test:
    return lambda *at: left(*at) and right(*at)


def _ordered(sign: str, left: Operand, right: Operand) -> Test:
    order = _ORDERS[sign]

    def holds(*at: Any) -> bool:
        pair = values.comparable(left(*at), right(*at))
        return pair is not None and order(*pair)

    return holds


def _needed(operand: Operand, at: Any) -> Value:
    value = operand(*at)
    if value is None:
        raise Invalid("a value is missing")
    return value


_TESTS: dict[str, Callable[..., Test]] = {
    "attribute_exists": lambda path: lambda *at: path(*at) is not None,
    "attribute_not_exists": lambda path: lambda *at: path(*at) is None,
    "begins_with": lambda path, start: lambda *at: values.begins_with(path(*at), start(*at)),
    "contains": lambda path, part: lambda *at: values.contains(path(*at), _needed(part, at)),
}
