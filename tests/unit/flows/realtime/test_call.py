"""Procedures that clients call."""

import pytest

from tests.support.sockets import Hall
from tests.support.world import START, World


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def test_time_is_that_of_the_server(hall: Hall) -> None:
    reply = hall.client().ask("rpc", method="time")
    assert reply["rpc"]["data"]["seconds"] == START


@pytest.mark.parametrize("params", [{"method": "unheard-of"}, {}, {"method": "", "data": 1}])
def test_procedure_that_nobody_offers_answers_108(hall: Hall, params: dict[str, object]) -> None:
    assert hall.client().ask("rpc", **params)["error"]["code"] == 108
