"""The time, as something that a test can hold still."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time in whole seconds since 1970 (UTC), as tokens and DynamoDB's TTL count it."""

    def now(self) -> int: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return int(time.time())

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def rfc3339(seconds: int) -> str:
    """The moment in the form of RFC 3339, e.g. ``2026-11-20T09:30:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
