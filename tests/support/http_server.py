"""AWS over plain HTTP: a server that records requests and returns the answers that a test sets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from botocore.credentials import Credentials

from gatehouse import signed_http
from gatehouse.signed_http import SignedHttp

REGION = "eu-central-1"
KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", "token")


class Asked(NamedTuple):
    """A request as the server received it."""

    method: str
    path: str
    headers: dict[str, str]
    """The headers, with lowercase names."""
    body: bytes


@dataclass
class Server:
    """A server that plays one AWS service."""

    port: int = 0
    answers: list[int | tuple[int, bytes]] = field(default_factory=list)
    """Status, or status and body, of each next answer. An empty list means 200."""
    asked: list[Asked] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    """The client ports, one for each connection that was opened."""
    slept: list[float] = field(default_factory=list)
    """The seconds of each sleep that a client asked for."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def http(self, service: str, path: str = "", **changes: Any) -> SignedHttp:
        """Returns a client that sends signed requests to this server."""
        options = {
            "endpoint": self.url + path,
            "service": service,
            "region": REGION,
            "credentials": KEY.get_frozen_credentials,
            "pool": signed_http.pool(self.url),
            "sleep": self.slept.append,
            **changes,
        }
        return SignedHttp(**options)


@contextmanager
def serving() -> Iterator[Server]:
    """Runs a server for the block."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked(self.command, self.path, headers, body))
            server.lines.add(self.client_address[1])
            reply = server.answers.pop(0) if server.answers else 200
            status, content = reply if isinstance(reply, tuple) else (reply, b"")
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def signed_alike(server: Server, ours: Any, theirs: Any) -> tuple[Asked, Asked]:
    """Returns requests that two clients sent in the same second, since signatures include the time.

    Args:
        ours, theirs: functions that each send one request.
    """
    while True:
        for ask in (ours, theirs):
            ask()
        one, two = server.asked[-2:]
        if one.headers["x-amz-date"] == two.headers["x-amz-date"]:
            return one, two
