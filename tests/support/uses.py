"""What requests use, counted once for all tests of a process."""

from functools import cache

from bench.counting import Use, uses


@cache
def counted() -> list[Use]:
    return uses()
