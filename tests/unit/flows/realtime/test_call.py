"""Calling procedures of the server."""

import pytest

from harness.moto_backend import START, MotoBackend
from harness.socket_harness import SocketHarness


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def test_time_is_that_of_the_server(sockets: SocketHarness) -> None:
    reply = sockets.client().ask("rpc", method="time")
    assert reply["rpc"]["data"]["seconds"] == START


@pytest.mark.parametrize("params", [{"method": "unheard-of"}, {}, {"method": "", "data": 1}])
def test_procedure_that_nobody_offers_answers_108(
    sockets: SocketHarness, params: dict[str, object]
) -> None:
    assert sockets.client().ask("rpc", **params)["error"]["code"] == 108
