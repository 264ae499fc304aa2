"""The queue of later looks."""

import pytest

from gatehouse.realtime.checks import LONGEST, Check
from tests.support.sockets import Hall
from tests.support.world import World

CHECK = Check(connection_id="L0SM9c1=", channel="room:1", token="t1")


@pytest.mark.parametrize(("asked", "delay"), [(15, 15), (LONGEST + 1, LONGEST), (0, 0), (-5, 0)])
def test_look_comes_after_its_delay_or_as_late_as_can_be(
    world: World, asked: int, delay: int
) -> None:
    hall = Hall(world)
    hall.backend.checks.later(CHECK, asked)
    assert hall.checks() == [(CHECK, delay)]
