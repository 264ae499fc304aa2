"""The question to a provider of challenges, against a server on this machine."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from gatehouse import siteverify
from gatehouse.errors import Unavailable

FORM = {"secret": "s&cret", "response": "tök=en", "sitekey": "site"}


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler, str], None]) -> Iterator[str]:
    """Serves POST requests on a free port. Yields the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers["content-length"])).decode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}/siteverify"
        running.shutdown()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {**headers, "content-length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def test_form_is_sent_and_the_verdict_returned() -> None:
    seen: list[tuple[str, dict[str, list[str]]]] = []

    def answer(handler: BaseHTTPRequestHandler, body: str) -> None:
        seen.append((handler.headers["content-type"], parse_qs(body)))
        reply(handler, 200, json.dumps({"success": True}).encode())

    with server(answer) as url:
        assert siteverify.siteverify(url, FORM) == {"success": True}
    ((media_type, form),) = seen
    assert media_type == "application/x-www-form-urlencoded"
    assert form == {name: [value] for name, value in FORM.items()}


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (403, b'{"success":true}'), (200, b"<html>"), (200, b""), (200, b"\xff")],
)
def test_useless_answer_fails_closed(status: int, body: bytes) -> None:
    with (
        server(lambda handler, _: reply(handler, status, body)) as url,
        pytest.raises(Unavailable),
    ):
        siteverify.siteverify(url, FORM)


def test_redirect_is_not_followed_with_our_secret() -> None:
    seen: list[str] = []

    def elsewhere(handler: BaseHTTPRequestHandler, body: str) -> None:
        seen.append(body)
        reply(handler, 200, b'{"success":true}')

    with server(elsewhere) as target:

        def redirect(handler: BaseHTTPRequestHandler, _: str) -> None:
            reply(handler, 307, b"", location=target)

        with server(redirect) as url, pytest.raises(Unavailable):
            siteverify.siteverify(url, FORM)
    assert seen == []


def test_provider_that_does_not_answer_in_time_fails_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(siteverify, "TIMEOUT", 0.1)
    release = threading.Event()

    def never(_handler: BaseHTTPRequestHandler, _body: str) -> None:
        release.wait(10)

    with server(never) as url:
        with pytest.raises(Unavailable):
            siteverify.siteverify(url, FORM)
        release.set()


def test_provider_that_cannot_be_reached_fails_closed() -> None:
    with pytest.raises(Unavailable):
        siteverify.siteverify("http://127.0.0.1:9/siteverify", FORM)


def test_time_limit_is_below_that_of_the_functions() -> None:
    assert siteverify.TIMEOUT < 15 - 12 / 2


def test_providers_are_asked_over_https() -> None:
    assert all(url.startswith("https://") for url in siteverify.URLS.values())


def test_certificates_are_verified() -> None:
    import ssl

    context = siteverify._pool().connection_pool_kw["ssl_context"]
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
