"""The conventions of CONTRIBUTING.md that the code can be checked for."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.template import ROOT

LAYER = ROOT / "layers" / "auth" / "gatehouse"
MODULES = sorted(LAYER.rglob("*.py"))
NOT_A_PARTICIPLE = {"ping", "bring", "nothing", "signing", "verifying"}
"""First words in -ing that are no participles, or that describe a kind of key."""

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)


def nodes(path: Path, kind: type[ast.AST]) -> Iterator[ast.AST]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def first_word(name: str) -> str:
    return name.strip("_").partition("_")[0]


def is_verbing(name: str) -> bool:
    word = first_word(name)
    return word.endswith("ing") and word not in NOT_A_PARTICIPLE


def returns_a_write(function: ast.FunctionDef) -> bool:
    returns = ast.unparse(function.returns).strip("'") if function.returns else ""
    return returns in ("Write", "list[Write]")


@every_module
def test_verbing_returns_the_write_of_a_transaction_and_nothing_else_does(path: Path) -> None:
    for node in nodes(path, ast.FunctionDef):
        assert isinstance(node, ast.FunctionDef)
        assert is_verbing(node.name) == returns_a_write(node), f"{path.name}: {node.name}"


def fields_of(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [each for each in node.body if isinstance(each, ast.AnnAssign)]


def decorators(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(each) for each in node.decorator_list]


@every_module
def test_named_tuple_is_a_pair(path: Path) -> None:
    for node in nodes(path, ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        if [ast.unparse(base) for base in node.bases] == ["NamedTuple"]:
            assert len(fields_of(node)) == 2, f"{path.name}: {node.name}"


@every_module
def test_dataclass_is_frozen_and_has_slots(path: Path) -> None:
    for node in nodes(path, ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        # A cached property requires a `__dict__`.
        caches = "cached_property" in ast.unparse(node)
        for each in decorators(node):
            if each.startswith("dataclass"):
                assert "frozen=True" in each, f"{path.name}: {node.name}"
                assert "slots=True" in each or caches, f"{path.name}: {node.name}"
