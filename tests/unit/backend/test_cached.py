"""A value that a process caches for a limited time."""

from gatehouse.backend.cached import KEYS_LIFE, Cached
from harness.moto_backend import FixedClock


def test_cached_value_is_read_once_while_it_is_young() -> None:
    clock, reads = FixedClock(), iter(range(9))
    cached = Cached(lambda: next(reads), clock)
    assert cached.get() == 0
    clock.advance(KEYS_LIFE)
    assert cached.get() == 0


def test_cached_value_is_read_again_when_it_is_old() -> None:
    clock, reads = FixedClock(), iter(range(9))
    cached = Cached(lambda: next(reads), clock)
    assert cached.get() == 0
    clock.advance(KEYS_LIFE + 1)
    assert cached.get() == 1
