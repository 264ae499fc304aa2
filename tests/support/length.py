"""How long the suites run: short in `make test`, long in `make evidence` and in `make slow`.

What is short here only repeats: the same rule with more rounds, more examples or more colors.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

LONG = bool(os.environ.get("LONG"))


def examples(everything: Sequence[T], short: int) -> list[T]:
    """Returns all examples in a long run. Otherwise ``short`` of them, spread evenly."""
    if LONG or len(everything) <= short:
        return list(everything)
    return [everything[index * len(everything) // short] for index in range(short)]
