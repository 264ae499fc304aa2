"""The Lambda Runtime API, for one process that runs one function.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter
from types import TracebackType
from typing import Any

PATIENCE = 60.0
"""Seconds to wait for the function."""
_PREFIX = "/2018-06-01/runtime"


class FunctionFailed(Exception):
    """The function could not be imported, failed, or did not respond."""


@dataclass(frozen=True)
class _Report:
    """A request of the process to the Runtime API, and when it arrived."""

    path: str
    at: float
    body: bytes = b""


@dataclass
class RuntimeApi:
    """A server that sends events to a function and receives its responses."""

    _events: "SimpleQueue[bytes | None]" = field(default_factory=SimpleQueue)
    _reports: "SimpleQueue[_Report]" = field(default_factory=SimpleQueue)

    def __enter__(self) -> "RuntimeApi":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Host and port, in the form of ``AWS_LAMBDA_RUNTIME_API``."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def await_ready(self) -> float:
        """Waits for the process. Returns the time at which it asked for its first event."""
        return self._report("/invocation/next").at

    def invoke(self, event: Any) -> tuple[Any, float]:
        """Sends an event. Returns the response and the seconds until it arrived.

        The process must be ready. It is ready again afterwards.

        Raises:
            FunctionFailed: the process reported an error or did not respond in time.
        """
        text = json.dumps(event).encode()
        started = perf_counter()
        self._events.put(text)
        answer = self._report("/response")
        self._report("/invocation/next")
        return json.loads(answer.body), answer.at - started

    def _report(self, end: str) -> _Report:
        try:
            report = self._reports.get(timeout=PATIENCE)
        except Empty:
            raise FunctionFailed("the function did not respond") from None
        if not report.path.endswith(end):
            raise FunctionFailed(report.body.decode())
        return report


def _handler(api: RuntimeApi) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            """Answers the request for the next event, once there is one."""
            api._reports.put(_Report(self.path, perf_counter()))  # noqa: SLF001
            event = api._events.get()  # noqa: SLF001
            if event is not None:
                self._answer(200, event)

        def do_POST(self) -> None:
            """Receives a response or an error of the process."""
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            report = _Report(self.path.removeprefix(_PREFIX), perf_counter(), body)
            self._answer(202, b"{}")
            api._reports.put(report)  # noqa: SLF001

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header(
                "Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
            )
            self.send_header("Lambda-Runtime-Deadline-Ms", "1900000000000")
            self.send_header(
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:bench",
            )
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    return Handler
