"""DynamoDB's update expressions, compiled as conditions are."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness.simulated import values
from harness.simulated.expressions import Invalid, Names, Operand, Parser, Values
from harness.simulated.values import Item, Value

Action = Callable[[Item, Item, Names, Values], None]
"""Reads the item as it was, and changes the one that it becomes."""


@dataclass(frozen=True, slots=True)
class Update:
    """A compiled update."""

    actions: tuple[Action, ...]
    targets: tuple[str, ...]
    """What it changes: names or their placeholders."""
    only_removes: bool
    """It adds nothing, so it makes no item where there was none."""
    uses: frozenset[str]

    def apply(self, item: Item, names: Names, literals: Values) -> Item:
        """The item after the update. Raises: ``Invalid``"""
        new = dict(item)
        for action in self.actions:
            action(item, new, names, literals)
        return new


@lru_cache(maxsize=4096)
def update(text: str) -> Update:
    """Raises: ``Invalid``"""
    parser = _Parser(text)
    parts = {
        "SET": parser.assignment,
        "REMOVE": parser.removal,
        "ADD": parser.addition,
        "DELETE": parser.deletion,
    }
    clauses: list[str] = []
    pairs: list[tuple[str, Action]] = []
    while parser.next:
        clause = parser.take().upper()
        if clause not in parts or clause in clauses:
            raise Invalid(f"unexpected {clause} in {text!r}")
        clauses.append(clause)
        pairs += parser.listed(parts[clause])
    if not pairs:
        raise Invalid("an update expression is empty")
    return Update(
        actions=tuple(action for _, action in pairs),
        targets=tuple(target for target, _ in pairs),
        only_removes=not {"SET", "ADD"} & set(clauses),
        uses=parser.uses,
    )


class _Parser(Parser):
    """The four clauses of an update."""

    def assignment(self) -> tuple[str, Action]:
        target = self._name()
        self.take("=")
        value = self._term()
        while self.next in ("+", "-"):
            value = _sum(self.take(), value, self._term())

        def assign(old: Item, new: Item, names: Names, literals: Values) -> None:
            attribute = value(old, names, literals)
            if attribute is None:
                raise Invalid("the expression refers to an attribute that the item does not have")
            new[names.get(target, target)] = attribute

        return target, assign

    def removal(self) -> tuple[str, Action]:
        target = self._name()
        return target, lambda _, new, names, __: _drop(new, names.get(target, target))

    def addition(self) -> tuple[str, Action]:
        return self._element(_added)

    def deletion(self) -> tuple[str, Action]:
        return self._element(_without)

    def _element(self, change: Callable[[Value | None, Value], Value | None]) -> tuple[str, Action]:
        target, placeholder = self._name(), self.take()

        def act(old: Item, new: Item, names: Names, literals: Values) -> None:
            name = names.get(target, target)
            attribute = change(old.get(name), literals[placeholder])
            if attribute is None:
                _drop(new, name)
            else:
                new[name] = attribute

        return target, act

    def _name(self) -> str:
        token = self.take()
        if token[0] != "#" and not token[0].isalpha():
            raise Invalid(f"unexpected {token} in {self._text!r}")
        return token

    def _term(self) -> Operand:
        if self.next != "if_not_exists":
            return self.operand()
        self.take()
        self.take("(")
        first = self.operand()
        self.take(",")
        second = self._term()
        self.take(")")
        return lambda *at: first(*at) or second(*at)


def _sum(sign: str, left: Operand, right: Operand) -> Operand:
    def add(*at: Any) -> Value | None:
        a, b = left(*at), right(*at)
        if a is None or b is None:
            return None
        if "N" not in a or "N" not in b:
            raise Invalid("an operand has an incorrect type")
        return {"N": str(int(a["N"]) + (int(b["N"]) if sign == "+" else -int(b["N"])))}

    return add


def _added(old: Value | None, value: Value) -> Value:
    name = values.kind(value)
    if name not in ("SS", "N") or (old is not None and name not in old):
        raise Invalid("an operand has an incorrect type")
    if old is None:
        return value
    if name == "N":
        return {"N": str(int(old["N"]) + int(value["N"]))}
    return {name: sorted({*old[name], *value[name]})}


def _without(old: Value | None, value: Value) -> Value | None:
    name = values.kind(value)
    if name != "SS" or (old is not None and name not in old):
        raise Invalid("an operand has an incorrect type")
    left = sorted(set(old[name]) - set(value[name])) if old else []
    return {name: left} if left else None


def _drop(item: Item, name: str) -> None:
    item.pop(name, None)
