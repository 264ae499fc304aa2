"""The same work for many connections."""

import threading

import pytest

from gatehouse.realtime import concurrency


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_each_does_the_work_for_all(count: int) -> None:
    done: list[str] = []
    concurrency.for_each(done.append, map(str, range(count)))
    assert sorted(done, key=int) == [str(number) for number in range(count)]


@pytest.mark.parametrize("ids", [["bad"], ["1", "bad", "2"]])
def test_a_failure_is_logged_and_stops_no_other(
    ids: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def work(connection_id: str) -> None:
        if connection_id == "bad":
            raise RuntimeError
        done.append(connection_id)

    (failure,) = concurrency.for_each(work, ids)
    assert isinstance(failure, RuntimeError)
    assert sorted(done) == [each for each in ids if each != "bad"]
    assert len(caplog.records) == 1


def test_each_works_side_by_side() -> None:
    together = threading.Barrier(concurrency.WORKERS, timeout=10)
    concurrency.for_each(lambda _: together.wait(), map(str, range(concurrency.WORKERS)))
    assert not together.broken


def test_crowd_within_a_crowd_waits_for_nobody() -> None:
    done: list[int] = []
    many = range(2 * concurrency.WORKERS)
    assert concurrency.for_each(lambda _: concurrency.for_each(done.append, many), many) == []
    assert len(done) == len(many) ** 2
