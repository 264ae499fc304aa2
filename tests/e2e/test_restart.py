"""The local stack ends cleanly, and the next start continues with its data."""

import secrets
import signal
from contextlib import ExitStack
from pathlib import Path

import httpx
from websockets.sync.client import connect

from harness.local_stack import PATIENCE, launch, start_stack, until
from local.settings import UNFINISHED


def test_data_is_kept_when_the_stack_is_started_again(tmp_path: Path) -> None:
    form = {"email": f"{secrets.token_hex(8)}@example.com", "password": secrets.token_hex(16)}

    first = start_stack(tmp_path)
    try:
        httpx.post(f"{first.http}/register", json=form, timeout=30).raise_for_status()
    finally:
        assert first.stop() == 0

    second = start_stack(tmp_path)
    try:
        assert httpx.post(f"{second.http}/login", json=form, timeout=30).status_code == 200
        # As if the parent process had ended.
        assert second.process.stdin
        second.process.stdin.close()
    finally:
        assert second.await_end() == 0


def test_first_start_that_was_ended_too_early_is_begun_anew(tmp_path: Path) -> None:
    process = launch(tmp_path)
    try:
        until(lambda: (tmp_path / UNFINISHED).exists() or None)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert (tmp_path / UNFINISHED).exists(), "the stack was faster than this test"

    second = start_stack(tmp_path)
    assert not (tmp_path / UNFINISHED).exists()
    assert second.stop() == 0


def test_end_with_sockets_open_is_no_error_of_theirs(tmp_path: Path) -> None:
    stack = start_stack(tmp_path)
    with ExitStack() as sockets:
        sockets.callback(stack.stop)
        for _ in range(8):
            sockets.enter_context(connect(stack.socket))
        assert stack.stop() == 0
    assert "Unavailable" not in stack.log.read_text()
