"""Times in RFC 3339 format."""

import time

from gatehouse.clock import SystemClock, rfc3339


def test_moment_is_written_after_rfc_3339() -> None:
    assert rfc3339(0) == "1970-01-01T00:00:00Z"


def test_moment_is_written_in_utc() -> None:
    assert rfc3339(1_795_167_000) == "2026-11-20T09:30:00Z"


def test_system_clock_tells_whole_seconds_of_now() -> None:
    before = int(time.time())
    now = SystemClock().now()
    assert type(now) is int
    assert before <= now <= int(time.time())
