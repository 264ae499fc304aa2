"""The AWS operations that the functions use, from memory. Every call takes the same short time.

Reads find the items of a fixture. Writes succeed and change nothing, so that repeated requests
always find the same data.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from bench.certificate import HOST, server_side
from bench.fixture import Fixture

Answer = dict[str, Any]


class Stub:
    """The simulated AWS, with the data of one fixture at a time."""

    def __init__(self) -> None:
        self.fixture: Fixture | None = None

    def answer(self, target: str, request: dict[str, Any]) -> Answer:
        """Returns the response to an operation of a JSON service.

        Operations whose responses are not read get a constant one.
        """
        operation = target.rpartition(".")[2]
        match operation:
            case "GetItem":
                item = self._item(request)
                return {"Item": item} if item else {}
            case "UpdateItem":
                return {"Attributes": self._item(request) or request["Key"]}
            case "Query":
                return {"Items": self._partition(request), "Count": 0, "ScannedCount": 0}
            case "GetSecretValue":
                return {"SecretString": self._known.secrets[request["SecretId"]]}
        return {"MessageId": "1", "MD5OfMessageBody": ""}

    @property
    def _known(self) -> Fixture:
        if self.fixture is None:
            raise LookupError("no fixture yet")
        return self.fixture

    def _item(self, request: dict[str, Any]) -> Answer | None:
        key = request["Key"]
        return self._known.items.get((request["TableName"], key["pk"]["S"], key["sk"]["S"]))

    def _partition(self, request: dict[str, Any]) -> list[Answer]:
        wanted = {value.get("S") for value in request["ExpressionAttributeValues"].values()}
        entries = self._known.items.items()
        here = [(pk, item) for (table, pk, _), item in entries if table == request["TableName"]]
        return [item for pk, item in here if pk in wanted]


@contextmanager
def serving(stub: Stub, certificate: Path) -> Iterator[str]:
    """Serves the stub over TLS on a free local port. Yields its URL."""
    server = ThreadingHTTPServer((HOST, 0), _handler(stub))
    server.daemon_threads = True
    server.socket = server_side(certificate).wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"https://{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(stub: Stub) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            """Answers one AWS call."""
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            target = self.headers.get("x-amz-target", "")
            answer = stub.answer(target, json.loads(body) if target else {})
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    return Handler
