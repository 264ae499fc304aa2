"""MiniStack, adjusted: the one module that reaches into its internals.

Adjusted are how functions are run (a bare interpreter, our worker, logs as they are written,
no wait for a log that stays empty) and that sockets use the pool of workers HTTP requests use.
"""

import contextlib
import json
import logging
import queue
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from local import worker

TESTED_VERSION = "1.5.33"
_LOG_PATIENCE = 0.25

LogLine = Callable[[str, str], None]


def load(interpreter: Path, log_file: Path, on_log: LogLine) -> Any:
    """The engine as an ASGI application; `on_log` gets function and line, `log_file` the rest."""
    version = metadata.version("ministack")
    if version != TESTED_VERSION:
        raise RuntimeError(f"ministack {version}: local/engine.py was written for {TESTED_VERSION}")
    # Before the import: the engine leaves alone a log that is set up, else it fills the terminal.
    logging.basicConfig(filename=log_file, filemode="w", level=logging.WARNING)
    from ministack import app

    _adjust(interpreter, on_log)
    return app.app


def supported_types() -> frozenset[str]:
    """The resource types the engine's CloudFormation knows."""
    from ministack.services.cloudformation import provisioners

    return frozenset(provisioners._RESOURCE_HANDLERS)


def warm(function: str) -> None:
    """Start a worker for `function` now, so that its first request need not wait for one."""
    record, config, _ = _functions()._get_func_record_for_ref(function)
    if record is None or config is None:
        return
    runtime = _runtime()
    leased, _ = runtime.acquire_worker(function, config, record["code_zip"])
    try:
        runtime.ensure_spawned(leased)
    finally:
        runtime.release_worker(leased)


def warm_all(functions: Iterable[str]) -> None:
    """Warm functions one after the other, in the background."""

    def run() -> None:
        for function in functions:
            with contextlib.suppress(RuntimeError):  # it has shown its trace
                warm(function)

    threading.Thread(target=run, daemon=True).start()


def retire(function: str) -> None:
    """Stop the workers of `function`; its next invocation runs the code as it is then."""
    runtime = _runtime()
    runtime.invalidate_worker(function)


def stop_workers() -> None:
    """Stop every worker process and collect it."""
    runtime = _runtime()
    runtime.reset()


def _runtime() -> Any:
    from ministack.core import lambda_runtime

    return lambda_runtime


def _functions() -> Any:
    from ministack.services import lambda_svc

    return lambda_svc


def _adjust(interpreter: Path, on_log: LogLine) -> None:
    runtime = _runtime()
    script = Path(worker.__file__).read_text()

    class LocalWorker(runtime.Worker):  # type: ignore[name-defined, misc]
        """A worker whose log is shown line by line and has a marked end."""

        def _read_stderr(self) -> None:
            for line in self._proc.stderr:
                text = line.rstrip("\n")
                self._stderr_queue.put(text)
                if text != worker.END_OF_LOG:
                    on_log(self.func_name, text)

        def _drain_stderr_bounded(self, *_: float) -> str:
            return _until_marked(self._stderr_queue)

        def invoke(self, event: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                result = super().invoke(event, *args, **kwargs)
            except RuntimeError as error:
                _tell_deployment(event, str(error))
                raise
            if result["status"] == "error":
                _tell_deployment(event, result["error"])
            return result

    class Lease:
        """What a socket's frame gets: a worker of its own for the time of one invocation."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._args, self._kwargs = args, kwargs

        def invoke(self, *args: Any, **kwargs: Any) -> Any:
            leased, _ = runtime.acquire_worker(*self._args, **self._kwargs)
            try:
                return leased.invoke(*args, **kwargs)
            finally:
                runtime.release_worker(leased)

    runtime._detect_runtime_binary = lambda _runtime: (str(interpreter), script)
    runtime._worker_class_for = lambda _config: LocalWorker
    runtime.get_or_create_worker = Lease


def _tell_deployment(event: Any, reason: str) -> None:
    """A custom resource's function that breaks never answers: spare the deployment the wait."""
    if not isinstance(event, dict) or "ResponseURL" not in event:
        return
    copied = ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")
    answer = {name: event[name] for name in copied if name in event}
    answer |= {"Status": "FAILED", "Reason": reason}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode())
    request.method = "PUT"
    with urllib.request.urlopen(request, timeout=5):
        pass


def _until_marked(lines: "queue.Queue[str]") -> str:
    """The log of one invocation: everything up to the mark."""
    log: list[str] = []
    deadline = time.monotonic() + _LOG_PATIENCE
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return "\n".join(log)
        if line == worker.END_OF_LOG:
            return "\n".join(log)
        log.append(line)
