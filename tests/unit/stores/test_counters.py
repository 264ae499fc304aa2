"""Counters per time window."""

import pytest

from gatehouse.errors import Unavailable
from harness.moto_backend import START, MotoBackend
from harness.tables import items
from tests.support.calls import broken, contend, recorded

MOST = 3


def count(moto: MotoBackend, subject: str = "s", window: int = 1, name: str = "n") -> bool:
    return moto.backend.accounts.counters.count(name, subject, window, most=MOST, ttl=START + 60)


def test_counter_lets_so_many_through(moto: MotoBackend) -> None:
    assert [count(moto) for _ in range(MOST + 2)] == [True] * MOST + [False] * 2


def test_counter_counts_many_at_once_as_long_as_they_fit(moto: MotoBackend) -> None:
    counters = moto.backend.accounts.counters
    answers = [
        counters.count("n", "s", 1, most=5, ttl=START, times=times) for times in (2, 4, 3, 1)
    ]
    assert answers == [True, False, True, False]


def test_counter_never_counts_more_than_fit(moto: MotoBackend) -> None:
    counters = moto.backend.accounts.counters
    answers = [counters.count("n", "s", 1, most=5, ttl=START, times=times) for times in (6, 5)]
    assert answers == [False, True]


def test_refused_try_is_not_counted(moto: MotoBackend) -> None:
    for _ in range(MOST + 2):
        count(moto)
    (item,) = [each for each in items(moto.dynamodb, "AccountsTable") if "count" in each]
    assert item["count"] == {"N": str(MOST)}


@pytest.mark.parametrize("other", [{"subject": "t"}, {"window": 2}, {"name": "m"}], ids=str)
def test_counters_do_not_share(moto: MotoBackend, other: dict[str, object]) -> None:
    for _ in range(MOST):
        count(moto)
    assert count(moto, **other)  # type: ignore[arg-type]


def test_count_is_one_write(moto: MotoBackend) -> None:
    with recorded() as calls:
        count(moto)
    assert [call.operation for call in calls] == ["UpdateItem"]


def test_so_many_of_16_contenders_get_through(moto: MotoBackend) -> None:
    got: list[bool] = []
    contend("UpdateItem", [lambda: got.append(count(moto))] * 16)
    assert sorted(got) == [False] * (16 - MOST) + [True] * MOST


def test_counter_is_cleaned_away(moto: MotoBackend) -> None:
    count(moto)
    (item,) = [each for each in items(moto.dynamodb, "AccountsTable") if "count" in each]
    assert item["ttl"] == {"N": str(START + 60)}


def test_limit_that_cannot_be_read_is_no_permission(moto: MotoBackend) -> None:
    with broken("UpdateItem"), pytest.raises(Unavailable):
        count(moto)
