"""What the commonest requests may use at most, counted in a process that has its keys."""

from functools import cache

import pytest

from bench.counting import Use, uses
from bench.growth import growth


@cache
def uses_by_name() -> dict[str, Use]:
    return {use.name: use for use in uses()}


@pytest.mark.parametrize(
    ("name", "reads", "writes", "calls", "hashes"),
    [
        ("GET /profile", 1, 0, 1, 0),
        # The session's write, the one attribute that ends it for a disabled user, and the limit.
        ("POST /sessions/refresh", 1, 2, 3, 0),
        # Name, user and device are read, and whether the limit is that of a stranger. Three limits
        # and the owner's mark; the transaction.
        ("POST /login", 4, 12, 9, 1),
        # The mail about it, in the transaction and in two calls more.
        ("POST /login, new device", 4, 15, 11, 1),
    ],
)
def test_request_uses_no_more(name: str, reads: int, writes: int, calls: int, hashes: int) -> None:
    use = uses_by_name()[name]
    assert use.reads <= reads
    assert use.writes <= writes
    assert sum(use.calls.values()) <= calls
    assert use.hashes == hashes


def test_commonest_requests_do_not_grow() -> None:
    """With users and with sessions; the routes that list or end sessions do, and have to."""
    fixed = {"POST /login", "GET /profile", "POST /sessions/refresh"}
    for each in growth():
        if each.name in fixed:
            first, *others = [(use.reads, use.writes, use.calls) for use in each.uses]
            assert others == [first] * len(others), each.name
