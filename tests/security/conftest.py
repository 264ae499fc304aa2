"""An HTTP app and sockets that check every answer, and that must still serve a canary user at the
end of each test."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import jwt
import pytest

from gatehouse.realtime import pushes
from gatehouse.realtime.channels import RULES, Rule, Rules
from gatehouse.websocket.frames import MAX_MESSAGE
from harness.functions import Answer
from harness.http_app import HttpApp
from harness.moto_backend import APP_TOKENS, START, MotoBackend, moto_backend
from harness.socket_harness import SocketHarness
from tests.support.faults import Wire
from tests.support.forgeries import Claims

ADA = "ada@example.com"
APP_SECRET = "s" * 32

CANARY = "canary@example.com"
LEAKS = re.compile(
    r"Traceback|File \"|arn:aws|AccountsTable|RealtimeTable|botocore|gatehouse/|\$2b\$|gh1:|"
    r"ConditionExpression|#pk|-----BEGIN|x{64}|y{64}"
)
"""Matches text that no answer may contain: traces, names of tables and secrets, hashes, keys."""


TOKEN = re.compile(r"_token\"\s*:|eyJ")
"""Matches a JSON member that carries a token, or the first characters of a JWT. The discovery
documents name tokens but carry none."""


class Watched(HttpApp):
    """An HTTP app that fails the test when an answer is a 5xx or reveals internals."""

    wire: Wire

    def send(self, event: dict[str, Any]) -> Answer:
        answer = super().send(event)
        assert answer.status < 500, answer
        look_at(answer)
        return answer


def look_at(answer: Answer) -> None:
    """Asserts the rules that hold for every answer, whatever the request."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert "no-store" in answer.headers["cache-control"] or not TOKEN.search(answer.text)
    everything = answer.text + str(answer.headers)
    assert not LEAKS.search(everything), everything
    if answer.status >= 400:
        document = answer.json
        if "error" in document:
            assert set(document) == {"error", "error_description"}
        else:
            assert document["status"] == answer.status
            assert document["code"]
            assert document["request_id"]
            assert answer.headers["content-type"] == "application/problem+json"


@contextmanager
def watched(moto: MotoBackend) -> Iterator[Watched]:
    moto.user(CANARY)
    wire = Wire()
    app = Watched(moto, wire.backend(moto.backend))
    app.wire = wire
    yield app
    assert app.log_in(CANARY, address="192.0.2.222").status == 200


@pytest.fixture
def app(moto: MotoBackend) -> Iterator[Watched]:
    """An app that does not require verified email addresses."""
    with watched(moto) as watched_app:
        yield watched_app


@contextmanager
def watched_sockets(harness: SocketHarness) -> Iterator[SocketHarness]:
    yield harness
    look_at_frames(harness)
    canary = harness.member("room:canary")
    assert harness.client().result("publish", channel="room:canary", data="still here") == {}
    assert canary.publications == ["still here"]


@pytest.fixture
def sockets(moto: MotoBackend, caplog: pytest.LogCaptureFixture) -> Iterator[SocketHarness]:
    """A socket that reveals nothing, never fails, and still serves a canary user at the end."""
    with watched_sockets(SocketHarness(moto)) as harness:
        yield harness
    assert not [each for each in caplog.records if each.message == "unexpected error"]
    assert not TOKEN.search(caplog.text)


@pytest.fixture(scope="module")
def shared_sockets(shared_moto: MotoBackend) -> Iterator[SocketHarness]:
    """A watched socket for all tests of a module. It also accepts tokens that an app signs."""
    with watched_sockets(with_app_tokens(shared_moto)) as harness:
        yield harness


def with_app_tokens(moto: MotoBackend) -> SocketHarness:
    """Creates the socket of an app that signs tokens and has channels that require one."""
    moto.secrets.create_secret(Name=APP_TOKENS, SecretString=APP_SECRET)
    backend = replace(
        moto.backend,
        settings=replace(moto.backend.settings, token_secret=APP_TOKENS),
        own_rules=Rules((Rule(pattern="news:*", token=True), *RULES.lines)),
    )
    return SocketHarness(replace(moto, backend=backend))


def app_token(user: str, **claims: Any) -> str:
    """Returns a token that the app signed."""
    return jwt.encode({"sub": user, "exp": START + 60, **claims}, APP_SECRET, algorithm="HS256")


def look_at_frames(sockets: SocketHarness) -> None:
    """Asserts the rules that hold for every frame, whatever the client sent."""
    for _, text in sockets.api.frames:
        assert not LEAKS.search(text), text
        assert len(text.encode()) <= MAX_MESSAGE
        for line in text.split("\n"):
            document = json.loads(line)
            assert document.get("id") or document.get("push") or text == pushes.PING
            assert document.get("error", {}).get("code") != 100


@pytest.fixture
def claims(moto: MotoBackend) -> Claims:
    """The claims of an access token of Ada's that this backend accepts."""
    token = moto.access_token(moto.user(ADA))
    decoded: Claims = jwt.decode(token, options={"verify_signature": False})
    return decoded


@pytest.fixture
def strict_app() -> Iterator[Watched]:
    """An app that requires verified email addresses."""
    with moto_backend(require_verified_email=True) as moto, watched(moto) as watched_app:
        yield watched_app


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the bcrypt function for each hash computed during the test."""
    import bcrypt

    calls: list[str] = []
    for name in ("hashpw", "checkpw"):
        real = getattr(bcrypt, name)

        def counted(*args: Any, _name: str = name, _real: Any = real) -> Any:
            calls.append(_name)
            return _real(*args)

        monkeypatch.setattr(bcrypt, name, counted)
    return calls
