"""The rate of @connections calls."""

import pytest

from gatehouse.realtime.rate_limiter import BURST, RateLimiter


class Time:
    """A clock that advances only while the limiter sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    def limiter(self, per_second: int) -> RateLimiter:
        return RateLimiter(per_second, now=lambda: self.now, sleep=self.sleep)


def test_without_a_number_there_is_no_pace() -> None:
    time = Time()
    limiter = time.limiter(0)
    for _ in range(1_000):
        limiter.acquire()
    assert time.slept == 0


@pytest.mark.parametrize("per_second", [1, 10, 350])
def test_nobody_is_faster_than_the_pace(per_second: int) -> None:
    time = Time()
    limiter = time.limiter(per_second)
    for _ in range(10 * per_second):
        limiter.acquire()
    assert 10 - BURST - 1 / per_second <= time.slept + 0.001
    assert time.slept <= 10


def test_a_rest_is_made_up_for_a_little_only() -> None:
    time = Time()
    limiter = time.limiter(100)
    limiter.acquire()
    time.now += 60
    for _ in range(100):
        limiter.acquire()
    assert time.slept == pytest.approx(1 - BURST - 0.01, abs=0.02)


def test_who_is_slower_never_waits() -> None:
    time = Time()
    limiter = time.limiter(10)
    for _ in range(20):
        limiter.acquire()
        time.now += 0.1
    assert time.slept == pytest.approx(0)
