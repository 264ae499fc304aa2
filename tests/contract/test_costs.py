"""The costs page matches the template, the counted uses, the prices and docs/speed.md."""

from functools import cache

import pytest

from bench.costs import PAGE, SPEED, page, published
from bench.counting import Use, uses


@cache
def counted() -> list[Use]:
    return uses()


def speed() -> str:
    return SPEED.read_text(encoding="utf-8")


def test_page_is_reckoned_from_what_is_here_now() -> None:
    text = page(speed(), counted())
    assert text == PAGE.read_text(encoding="utf-8"), "run `make docs`"


def test_times_are_those_of_the_speed_page() -> None:
    times = published(speed())
    assert f"{times.hash * 1000:.0f} ms for a hash" in " ".join(speed().split())
    row = next(line for line in speed().splitlines() if line.startswith("| login |"))
    assert row.split(" | ")[6] == f"{times.warm['login'] * 1000:.2f}"


def test_page_without_times_is_refused() -> None:
    with pytest.raises(LookupError):
        published("# Speed\n")
