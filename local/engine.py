"""Loads MiniStack and adjusts it. Only this module uses its internals.

Functions run in a bare interpreter with our worker. Their logs are shown as they are written, and
an empty log is not waited for. WebSocket frames use the same pool of workers as HTTP requests.
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
    """Returns the engine as an ASGI application.

    `on_log` is called with a function's name and a line of its log. The engine's own log goes to
    `log_file`.
    """
    version = metadata.version("ministack")
    if version != TESTED_VERSION:
        raise RuntimeError(f"ministack {version}: local/engine.py requires {TESTED_VERSION}")
    # Before the import: the engine logs to the terminal unless logging is already set up.
    logging.basicConfig(filename=log_file, filemode="w", level=logging.WARNING)
    from ministack import app

    _adjust(interpreter, on_log)
    return app.app


def supported_types() -> frozenset[str]:
    """Returns the resource types that the engine's CloudFormation supports."""
    from ministack.services.cloudformation import provisioners

    return frozenset(provisioners._RESOURCE_HANDLERS)


def warm(function: str) -> None:
    """Starts a worker for `function`, so that its first request does not wait for one."""
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
    """Warms the functions one after another, in the background."""

    def run() -> None:
        for function in functions:
            with contextlib.suppress(RuntimeError):  # the worker has printed the traceback
                warm(function)

    threading.Thread(target=run, daemon=True).start()


def retire(function: str) -> None:
    """Stops the workers of `function`, so that its next invocation loads the code anew."""
    runtime = _runtime()
    runtime.invalidate_worker(function)


def stop_workers() -> None:
    """Stops and reaps every worker process."""
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
        """A worker that shows its log line by line. A marker ends the log of each invocation."""

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
        """A worker that a WebSocket frame holds for the length of one invocation."""

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
    """Reports that a custom resource's function failed, so that the deployment does not wait."""
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
    """Returns the log of one invocation: the lines up to the marker or the deadline."""
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
