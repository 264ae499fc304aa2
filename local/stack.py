"""One run of the stack, from two bound ports to a clean exit."""

import asyncio
import contextlib
import json
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from socket import socket
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local import banner, engine, logs, mails, packages
from local.build import Build
from local.deploy import Deployed, Deployer, DeployFailed
from local.frontdoor import FrontDoor
from local.reload import Reloader
from local.settings import Options
from local.terminal import complain, step

_GOODBYE_SECONDS = 1.0


class LocalStack:
    """The engine behind two sockets, the deployed service and the file watcher."""

    def __init__(self, options: Options, build: Build, sockets: list[socket]) -> None:
        self._options = options
        self._build = build
        self._sockets = sockets
        self._stop = asyncio.Event()
        self._failed = False

    def run(self) -> int:
        """Serves until SIGINT, SIGTERM or, if chosen, end of input.

        Returns the exit code: 1 if the stack failed, else 0.
        """
        with step("Starting the engine"):
            log = self._options.state / "engine.log"
            aws = engine.load(self._build.interpreter, log, self._show)
            self._door = FrontDoor(mails.shown(aws), self._options.port)
        # Not `asyncio.run`: it waits for the engine's threads, and one of them may wait up to 30
        # seconds for an interrupted deployment. The threads end with the process.
        asyncio.new_event_loop().run_until_complete(self._serve())
        engine.stop_workers()
        return int(self._failed)

    async def _serve(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        if self._options.until_eof:
            asyncio.get_running_loop().add_reader(sys.stdin, self._stop.set)
        server = asyncio.create_task(
            serve(self._door, self._config(), shutdown_trigger=self._stop.wait)  # type: ignore[arg-type]
        )
        deployment = asyncio.create_task(self._bring_up())
        deployment.add_done_callback(self._mind)
        await server
        deployment.cancel()
        await asyncio.gather(deployment, return_exceptions=True)

    def _show(self, function: str, line: str) -> None:
        """Shows a function's log, but not the errors that the shutdown of the engine causes."""
        if not self._stop.is_set():
            logs.show(function, line)

    def _mind(self, done: "asyncio.Task[None]") -> None:
        """Stops the stack after an unexpected error: nothing would deploy or reload after it."""
        if not done.cancelled() and (error := done.exception()):
            traceback.print_exception(error)
            self._failed = True
            self._stop.set()

    def _config(self) -> Config:
        config = Config()
        config.bind = [f"fd://{listening.detach()}" for listening in self._sockets]
        config.loglevel = "ERROR"
        config.graceful_timeout = _GOODBYE_SECONDS
        config.keep_alive_timeout = 75
        return config

    async def _bring_up(self) -> None:
        deployer = Deployer(self._options, self._build, engine.supported_types())
        deployed = await _in_thread(lambda: self._deploy(deployer))
        if deployed is None and not self._options.watch:
            self._failed = True
            self._stop.set()
            return
        if deployed is not None:
            self._announce(deployed)
        if self._options.watch:
            await Reloader(deployer, deployed, self._announce_again).run(self._stop)

    def _deploy(self, deployer: Deployer) -> Deployed | None:
        try:
            with step("Deploying template.yaml"):
                return deployer.deploy()
        except (DeployFailed, packages.SourceBroken, OSError) as error:
            complain(str(error))
        except Exception as error:
            complain(f"{type(error).__name__}: {error}")
        return None

    def _announce(self, deployed: Deployed) -> None:
        self._announce_again(deployed)
        banner.show(self._options)
        if self._options.ready_file:
            _write_atomically(self._options.ready_file, _ready(self._options, deployed))

    def _announce_again(self, deployed: Deployed) -> None:
        self._door.open(deployed.addresses)
        engine.warm_all(deployed.functions)


def _ready(options: Options, deployed: Deployed) -> dict[str, Any]:
    return {
        "http": options.http_url,
        "socket": options.socket_url,
        "aws": options.aws_url,
        "outputs": deployed.outputs,
        "tables": deployed.tables,
    }


def _write_atomically(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content, indent=2))
    draft.replace(path)


async def _in_thread(work: Callable[[], Deployed | None]) -> Deployed | None:
    """Runs `work` like asyncio.to_thread, but in a thread that does not delay the exit."""
    result: asyncio.Future[Deployed | None] = asyncio.get_running_loop().create_future()

    def run() -> None:
        outcome = work()
        with contextlib.suppress(RuntimeError):  # the loop has closed in the meantime
            result.get_loop().call_soon_threadsafe(result.set_result, outcome)

    threading.Thread(target=run, daemon=True).start()
    return await result
