"""A value that a process caches for a limited time."""

from collections.abc import Callable
from typing import Generic, TypeVar

from gatehouse.clock import Clock

T = TypeVar("T")

KEYS_LIFE = 300
"""Seconds for which keys stay cached: as long as clients may cache the published set."""


class Cached(Generic[T]):
    """A value that is read again once it is too old."""

    def __init__(self, read: Callable[[], T], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._value: tuple[int, T] | None = None

    def get(self, max_age: int = KEYS_LIFE) -> T:
        """Returns the value, at most ``max_age`` seconds old."""
        now = self._clock.now()
        if self._value is None or now - self._value[0] > max_age:
            self._value = (now, self._read())
        return self._value[1]
