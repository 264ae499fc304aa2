"""The queue of delayed checks."""

import pytest

from gatehouse.realtime.delayed_checks import MAX_DELAY, DelayedCheck
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness

CHECK = DelayedCheck(connection_id="L0SM9c1=", channel="room:1", token="t1")


@pytest.mark.parametrize(
    ("asked", "delay"), [(15, 15), (MAX_DELAY + 1, MAX_DELAY), (0, 0), (-5, 0)]
)
def test_look_comes_after_its_delay_or_as_late_as_can_be(
    moto: MotoBackend, asked: int, delay: int
) -> None:
    sockets = SocketHarness(moto)
    sockets.backend.realtime.delayed_checks.schedule(CHECK, asked)
    assert sockets.checks() == [(CHECK, delay)]
