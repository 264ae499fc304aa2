"""Imports decide the cold start of a function, so each new one must be made on purpose."""

import json
from functools import cache

import pytest

from bench.imports import KEPT, imports

KEPT_IMPORTS: dict[str, list[str]] = json.loads(KEPT.read_text(encoding="utf-8"))


@cache
def imported_modules() -> dict[str, list[str]]:
    return imports()


def test_every_function_is_in_the_list() -> None:
    assert set(imported_modules()) == set(KEPT_IMPORTS)


@pytest.mark.parametrize("function", sorted(KEPT_IMPORTS))
def test_a_function_imports_what_the_list_says(function: str) -> None:
    """Run `make imports` if the change is intended."""
    assert imported_modules().get(function) == KEPT_IMPORTS[function]
