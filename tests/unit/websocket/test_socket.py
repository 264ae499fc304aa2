"""The declared commands of the socket, and the modules that its function imports."""

import subprocess
import sys

import pytest

from harness.moto_backend import MotoBackend
from harness.socket_harness import ROOT, SocketHarness

HEAVY = ("pydantic", "bcrypt", "aws_lambda_powertools", "boto3", "concurrent.futures", "jwt")


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def test_the_socket_knows_the_commands_of_the_protocol(sockets: SocketHarness) -> None:
    assert set(sockets.socket.commands) == {
        "connect",
        "refresh",
        "subscribe",
        "unsubscribe",
        "publish",
        "presence",
        "presence_stats",
        "history",
        "rpc",
        "sub_refresh",
    }


def test_only_connect_comes_first(sockets: SocketHarness) -> None:
    assert [n for n, command in sockets.socket.commands.items() if command.opens] == ["connect"]


def test_the_function_starts_without_what_it_does_not_need() -> None:
    code = f"import sys, app; print(*(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{ROOT}/layers/auth:{ROOT}/functions/realtime"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
