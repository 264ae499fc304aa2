"""A pace for the calls of @connections.

An account's 10,000 requests a second are shared by the HTTP API, the WebSocket API and these calls:
without a pace, one large room could keep everybody from signing in.
API Gateway Developer Guide, "Amazon API Gateway quotas".
"""

import threading
import time
from collections.abc import Callable

BURST = 0.1
"""Seconds of the pace that may be made up for after a rest."""


class Pace:
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
            per_second: 0: as often as it likes.
            now: seconds of a clock that never goes back.
        """
        self._step = 1 / per_second if per_second else 0.0
        self._now = now
        self._sleep = sleep
        self._next = 0.0
        self._one = threading.Lock()

    def keep(self) -> None:
        """Waits for the next turn."""
        if self._step:
            wait = self._take()
            if wait > 0:
                self._sleep(wait)

    def _take(self) -> float:
        """Takes the next turn; the seconds until then."""
        with self._one:
            now = self._now()
            turn = max(self._next, now - BURST)
            self._next = turn + self._step
            return turn - now
