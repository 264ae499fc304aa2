"""The client of @connections, against a server that records what it is asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, HTTPClientError

from gatehouse.connections_client import FIRST_PAUSE, ConnectionsClient

ID = "L0SM9cOFvHcCIhw="
REGION = "eu-central-1"
KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", "token")
AGAIN = [429, 500, 502, 503, 504]


@dataclass
class Server:
    """@connections over plain HTTP."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    """The statuses of the next answers; 200 when there are none."""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    """The client's ports: one for each connection that was opened."""
    slept: list[float] = field(default_factory=list)

    def client(self, **changes: Any) -> ConnectionsClient:
        given = {
            "credentials": KEY,
            "region": REGION,
            "connect_timeout": 1.0,
            "read_timeout": 1.0,
            "attempts": 3,
            "sleep": self.slept.append,
            **changes,
        }
        return ConnectionsClient(f"http://127.0.0.1:{self.port}/dev", **given)


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append((self.command, self.path, headers, body))
            server.lines.add(self.client_address[1])
            status = server.answers.pop(0) if server.answers else 200
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Says nothing."""

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


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


def test_post_brings_the_text(server: Server) -> None:
    assert server.client().post_to_connection(ConnectionId=ID, Data=b"hi") == {}
    ((method, path, _, body),) = server.asked
    assert (method, path, body) == ("POST", "/dev/@connections/L0SM9cOFvHcCIhw%3D", b"hi")


def test_delete_closes(server: Server) -> None:
    assert server.client().delete_connection(ConnectionId=ID) == {}
    ((method, path, _, _),) = server.asked
    assert (method, path) == ("DELETE", "/dev/@connections/L0SM9cOFvHcCIhw%3D")


def test_connections_are_kept_open(server: Server) -> None:
    client = server.client()
    for _ in range(20):
        client.post_to_connection(ConnectionId=ID, Data=b"hi")
    assert len(server.lines) == 1


@pytest.mark.parametrize("operation", ["post_to_connection", "delete_connection"])
def test_signature_is_the_one_that_botocore_makes(server: Server, operation: str) -> None:
    request: dict[str, Any] = {"ConnectionId": ID}
    if operation == "post_to_connection":
        request["Data"] = b'{"push":{}}'
    session = botocore.session.get_session()
    session.set_credentials(KEY.access_key, KEY.secret_key, KEY.token)
    endpoint = f"http://127.0.0.1:{server.port}/dev"
    theirs = session.create_client("apigatewaymanagementapi", REGION, endpoint_url=endpoint)
    signed: dict[str, list[dict[str, str]]] = {}
    # Both in the same second, of which the signature has the time.
    while not any(len(each) == 2 for each in signed.values()):
        signed.clear()
        for client in (server.client(), theirs):
            getattr(client, operation)(**request)
            headers = server.asked[-1][2]
            signed.setdefault(headers["x-amz-date"], []).append(headers)
    ((ours, botocores),) = signed.values()
    assert ours["authorization"] == botocores["authorization"]
    assert ours["x-amz-security-token"] == botocores["x-amz-security-token"] == KEY.token


def test_nobody_there_is_told_at_once(server: Server) -> None:
    server.answers = [410]
    with pytest.raises(ClientError) as refused:
        server.client().post_to_connection(ConnectionId=ID, Data=b"hi")
    assert refused.value.response["Error"]["Code"] == "GoneException"
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 403, 413])
def test_what_will_not_change_is_not_tried_again(server: Server, status: int) -> None:
    server.answers = [status]
    with pytest.raises(ClientError):
        server.client().post_to_connection(ConnectionId=ID, Data=b"hi")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", AGAIN)
def test_what_is_refused_for_now_is_tried_again(server: Server, status: int) -> None:
    server.answers = [status, status]
    server.client().post_to_connection(ConnectionId=ID, Data=b"hi")
    assert len(server.asked) == 3
    assert len(server.slept) == 2
    assert FIRST_PAUSE / 2 <= server.slept[0] <= FIRST_PAUSE <= server.slept[1] <= 2 * FIRST_PAUSE


@pytest.mark.parametrize("status", AGAIN)
def test_what_is_refused_every_time_is_told_in_the_end(server: Server, status: int) -> None:
    server.answers = [status] * 3
    with pytest.raises(ClientError):
        server.client().post_to_connection(ConnectionId=ID, Data=b"hi")
    assert len(server.asked) == 3


def test_no_answer_is_told_in_the_end() -> None:
    with serving() as server:
        client = server.client()
    with pytest.raises(HTTPClientError):
        client.post_to_connection(ConnectionId=ID, Data=b"hi")
    assert len(server.slept) == 2


def test_credentials_are_asked_for_each_time(server: Server) -> None:
    class Turning:
        def __init__(self) -> None:
            self.turn = 0

        def get_frozen_credentials(self) -> Any:
            self.turn += 1
            return Credentials(f"KEY{self.turn}", "secret").get_frozen_credentials()

    client = server.client(credentials=Turning())
    for _ in range(2):
        client.post_to_connection(ConnectionId=ID, Data=b"hi")
    used = [headers["authorization"].split("=")[1][:4] for _, _, headers, _ in server.asked]
    assert used == ["KEY1", "KEY2"]
