"""A rate limiter for the calls of @connections.

An account's 10,000 requests a second are shared by the HTTP API, the WebSocket API and these calls:
without a limit, one large room could keep everybody from signing in.
API Gateway Developer Guide, "Amazon API Gateway quotas".
"""

import threading
import time
from collections.abc import Callable

BURST = 0.1
"""Seconds of unused rate that may be made up for after a pause."""


class RateLimiter:
    """Lets a process do something so many times a second. Safe for threads."""

    def __init__(
        self,
        per_second: int,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            per_second: the rate; 0: no limit.
            now: seconds of a clock that never goes back.
        """
        self._step = 1 / per_second if per_second else 0.0
        self._now = now
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Waits for the next slot and takes it."""
        if self._step:
            wait = self._reserve()
            if wait > 0:
                self._sleep(wait)

    def _reserve(self) -> float:
        """Takes the next slot. Returns the seconds until it comes."""
        with self._lock:
            now = self._now()
            slot = max(self._next, now - BURST)
            self._next = slot + self._step
            return slot - now
