"""A rate limiter for @connections calls.

The HTTP API, the WebSocket API and these calls share the account's 10,000 requests a second.
Without a limit, one large room could keep all users from signing in.
Source: API Gateway Developer Guide, "Amazon API Gateway quotas".
"""

import threading
import time
from collections.abc import Callable

BURST = 0.1
"""Seconds of unused rate that a process may catch up on after a pause."""


class RateLimiter:
    """Limits how often a process does something per second. Thread-safe."""

    def __init__(
        self,
        per_second: int,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            per_second: the rate; 0 for no limit.
            now: returns the seconds of a monotonic clock.
            sleep: pauses the thread for a number of seconds.
        """
        self._step = 1 / per_second if per_second else 0.0
        self._now = now
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Takes the next slot and waits for it."""
        if self._step:
            wait = self._reserve()
            if wait > 0:
                self._sleep(wait)

    def _reserve(self) -> float:
        """Takes the next slot. Returns the seconds until it starts, negative if it has started."""
        with self._lock:
            now = self._now()
            slot = max(self._next, now - BURST)
            self._next = slot + self._step
            return slot - now
