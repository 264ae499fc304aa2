"""What is declared of the socket, and what its start costs."""

import subprocess
import sys

import pytest

from tests.support.sockets import ROOT, Hall
from tests.support.world import World

HEAVY = ("pydantic", "bcrypt", "aws_lambda_powertools", "boto3", "concurrent.futures", "jwt")


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def test_the_socket_knows_the_commands_of_the_protocol(hall: Hall) -> None:
    assert set(hall.socket.commands) == {
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


def test_only_connect_comes_first(hall: Hall) -> None:
    assert [n for n, command in hall.socket.commands.items() if command.opens] == ["connect"]


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
