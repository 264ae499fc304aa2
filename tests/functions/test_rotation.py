"""The rotation function: requests from CloudFormation, and ticks of the schedule."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gatehouse.stores import item_keys
from harness.events import sample
from harness.functions import CONTEXT, load_app
from harness.moto_backend import MotoBackend, ring


@pytest.fixture
def answers() -> Iterator[tuple[str, list[bytes]]]:
    """Yields a URL that accepts responses, and the list of bodies that it received."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:  # the name that http.server requires
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", got
    server.shutdown()
    thread.join()
    server.server_close()


def call(moto: MotoBackend, name: str, **changes: str) -> None:
    load_app("rotation", moto.backend).handler({**sample(name), **changes}, CONTEXT)


def test_creation_makes_the_ring_and_answers(
    moto: MotoBackend, answers: tuple[str, list[bytes]]
) -> None:
    moto.backend.secrets.write(moto.backend.settings.signing_secret, "placeholder")
    moto.backend.accounts.table.delete(item_keys.public_keys())
    url, got = answers
    call(moto, "rotation-create", ResponseURL=url)
    assert b'"Status": "SUCCESS"' in got[0]
    assert moto.backend.keys.private_ring().public() == moto.backend.keys.public_keys.read()


def test_creation_that_fails_is_answered(
    moto: MotoBackend, answers: tuple[str, list[bytes]]
) -> None:
    settings = replace(moto.backend.settings, signing_secret="arn:gone")
    url, got = answers
    broken = replace(moto, backend=replace(moto.backend, settings=settings))
    call(broken, "rotation-create", ResponseURL=url)
    assert b'"Status": "FAILED"' in got[0]
    assert b"arn:gone" not in got[0]


def test_deletion_of_the_stack_keeps_the_ring(
    moto: MotoBackend, answers: tuple[str, list[bytes]]
) -> None:
    url, got = answers
    call(moto, "rotation-create", ResponseURL=url, RequestType="Delete")
    assert len(got) == 1
    assert moto.backend.keys.private_ring() == ring()


def test_tick_turns_the_ring(moto: MotoBackend) -> None:
    moto.clock.advance(30 * 86_400)
    call(moto, "rotation-tick")
    assert moto.backend.keys.private_ring().current == ring().next


def test_tick_that_comes_twice_turns_the_ring_once(moto: MotoBackend) -> None:
    moto.clock.advance(30 * 86_400)
    call(moto, "rotation-tick")
    call(moto, "rotation-tick")
    assert moto.backend.keys.private_ring().previous == ring().current
