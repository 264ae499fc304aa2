"""Upper bounds on what the most frequent requests use, counted once their keys are cached."""

import pytest

from bench.growth import commonest
from tests.support.uses import counted

pytestmark = pytest.mark.xdist_group("uses")


@pytest.mark.parametrize(
    ("name", "reads", "writes", "calls", "hashes"),
    [
        ("GET /profile", 1, 0, 1, 0),
        # Reads the one attribute that ends a disabled user's session. Writes the session and the
        # limit.
        ("POST /sessions/refresh", 1, 2, 3, 0),
        # Reads the email guard, the user, the device and the trusted address. Writes three limits,
        # the trusted address and the transaction.
        ("POST /login", 4, 12, 9, 1),
        # The notification email, in the transaction and in two more calls.
        ("POST /login, new device", 4, 15, 11, 1),
    ],
)
def test_request_uses_no_more(name: str, reads: int, writes: int, calls: int, hashes: int) -> None:
    (use,) = (each for each in counted() if each.name == name)
    assert use.reads <= reads
    assert use.writes <= writes
    assert sum(use.calls.values()) <= calls
    assert use.hashes == hashes


def test_commonest_requests_do_not_grow() -> None:
    """With users or sessions."""
    for each in commonest(sizes=(1, 10)):
        first, *others = [(use.reads, use.writes, use.calls) for use in each.uses]
        assert others == [first] * len(others), each.name
