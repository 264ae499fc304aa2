"""Starts the local stack as `make dev` does, in a separate process with separate data."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import boto3

ROOT = Path(__file__).parents[1]
# A first start on a machine also installs the functions' dependencies.
START_SECONDS = 180.0
PATIENCE = 60.0
"""Seconds to wait for what takes one second on an idle machine. Only a failure waits this long."""

Found = TypeVar("Found")
_REGION = "eu-central-1"


class LocalStackDied(Exception):
    """The stack did not start. The message has its log."""


@dataclass(frozen=True)
class LocalStack:
    """A running local stack."""

    http: str
    socket: str
    aws: str
    outputs: dict[str, str]
    tables: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)

    def client(self, service: str) -> Any:
        """Returns a boto3 client for the AWS APIs of this stack."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.aws,
            region_name=_REGION,
            aws_access_key_id="000000000000",
            aws_secret_access_key="local",
        )

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Returns the emails sent so far, newest first. With `to`, only those to that address."""
        with urllib.request.urlopen(f"{self.aws}/_ministack/ses/messages", timeout=10) as answer:
            by_account: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
        messages = sorted(
            (mail for mails in by_account.values() for mail in mails),
            key=lambda mail: float(mail["Timestamp"]),
            reverse=True,
        )
        return [mail for mail in messages if to is None or to in mail["To"]]

    def await_mail(self, to: str) -> dict[str, Any]:
        """Waits until there is an email to `to`. Returns the newest one."""
        return until(lambda: next(iter(self.mails(to)), None))

    def stop(self) -> int:
        """Ends the stack as Ctrl-C does. Returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.await_end()

    def await_end(self) -> int:
        """Waits until the stack has ended, and kills it after PATIENCE. Returns its exit code."""
        assert self.process.stdin
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.process.stdin.close()


def start_stack(state: Path, *options: str) -> LocalStack:
    """Starts the stack with its data in `state`, on free ports, and waits until it is ready.

    Raises:
        LocalStackDied: the stack did not start.
    """
    ready, log = state / "ready.json", state / "stack.log"
    process = launch(state, *options)
    try:
        addresses = _await_ready(process, ready, log)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return LocalStack(**addresses, log=log, process=process)


def launch(state: Path, *options: str) -> "subprocess.Popen[bytes]":
    """Starts a stack with its data in `state`. Returns its process before the stack is ready."""
    state.mkdir(parents=True, exist_ok=True)
    ready, log = state / "ready.json", state / "stack.log"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "local", "up", "--port", "0", "--aws-port", "0"]
    command += ["--state", str(state), "--no-watch", "--ready-file", str(ready), *options]
    # The stack ends with this process, even if this process is killed: the pipe closes then.
    command += ["--until-eof"]
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        )


def until(probe: Callable[[], Found | None]) -> Found:
    """Calls `probe` until it returns something other than None. Returns that.

    Raises:
        TimeoutError: PATIENCE has passed.
    """
    deadline = time.monotonic() + PATIENCE
    while (answer := probe()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Nothing was found within {PATIENCE} s.")
        time.sleep(0.05)
    return answer


def _await_ready(process: "subprocess.Popen[bytes]", ready: Path, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready.exists():
            addresses: dict[str, Any] = json.loads(ready.read_text())
            return addresses
        time.sleep(0.05)
    raise LocalStackDied(f"The local stack did not come up:\n{log.read_text(errors='replace')}")
