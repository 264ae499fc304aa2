"""The time, behind an interface that lets tests stop it."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A clock in whole seconds since 1970 (UTC), the unit of tokens and of DynamoDB's TTL."""

    def now(self) -> int: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return int(time.time())

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def rfc3339(seconds: int) -> str:
    """Returns a time in the format of RFC 3339, for example ``2026-11-20T09:30:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
