"""Counts what each route and each frame uses. The counts are the same on every machine."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bench.meter import Meter, hashes_counted
from gatehouse.flows.realtime.check_connection import check_connection
from gatehouse.flows.sign_in.start_session import start_session
from gatehouse.identity import Device, parse_address
from gatehouse.realtime.delayed_checks import DelayedCheck
from gatehouse.stores.users import User
from harness import events
from harness.functions import load_app
from harness.moto_backend import PASSWORD, MotoBackend, moto_backend
from harness.records import a_member
from harness.socket_harness import Client, SocketHarness, connect_event

CHANNEL = "room:lobby"
ADDRESS = "ada@example.com"


@dataclass(frozen=True)
class Use:
    """What one request or frame uses in a warm process."""

    name: str
    function: str
    reads: float
    writes: float
    hashes: int
    calls: "Counter[str]"
    frames: int = 0
    """Frames to clients. Each is billed as a message."""


@contextmanager
def _metered(meter: Meter) -> Iterator[MotoBackend]:
    """Yields a backend whose AWS calls are counted."""
    with moto_backend() as moto, hashes_counted(meter):
        backend = moto.backend
        clients = (backend.dynamodb(), backend.sqs(), backend.ses())
        dynamodb, sqs, ses = map(meter.watching, ("dynamodb", "sqs", "ses"), clients)
        counted = replace(backend, dynamodb=lambda: dynamodb, sqs=lambda: sqs, ses=lambda: ses)
        yield replace(moto, backend=counted)


def uses() -> list[Use]:
    """Returns one entry for each route and frame that clients use, and for background work."""
    return [*_routes(), *_frames()]


def _routes() -> Iterator[Use]:
    account = {"email": ADDRESS, "password": PASSWORD}
    yield of_route("POST /register", "register", lambda _: events.http("post-register", account))

    def login(moto: MotoBackend) -> Any:
        moto.user(ADDRESS)
        return events.http("post-login", account)

    def login_again(moto: MotoBackend) -> Any:
        event = login(moto)
        where = event["requestContext"]["http"]
        device = Device(where["sourceIp"], where["userAgent"])
        start_session(moto.backend, user_of(moto), device)
        return event

    yield of_route("POST /login", "login", login_again)
    yield of_route("POST /login, new device", "login", login)
    yield of_route(
        "POST /sessions/refresh", "sessions", lambda w: _of_session(w, "sessions-refresh")
    )
    yield of_route("POST /logout", "sessions", lambda moto: _of_session(moto, "logout"))
    yield of_route("GET /profile", "profile", _reading_profile)
    yield of_route("PATCH /profile", "profile", _changing_profile)
    yield of_route("GET /.well-known/jwks.json", "wellknown", lambda _: events.sample("get-jwks"))
    yield of_route("send an email", "mailer", lambda _: events.sample("mailer-sqs"))
    yield of_route(
        "one minute of maintenance", "maintenance", lambda _: events.sample("maintenance-tick")
    )


def _of_session(moto: MotoBackend, name: str) -> Any:
    tokens = moto.sign_in(moto.user(ADDRESS))
    return events.http(f"post-{name}", {"refresh_token": tokens.refresh_token})


def _reading_profile(moto: MotoBackend) -> Any:
    return events.http("get-profile", token=moto.access_token(moto.user(ADDRESS)))


def _changing_profile(moto: MotoBackend) -> Any:
    token = moto.access_token(moto.user(ADDRESS))
    return events.http("patch-profile", {"name": "Ada"}, token=token)


def of_route(
    name: str, function: str, prepare: Callable[[MotoBackend], Any], *, status: int | None = None
) -> Use:
    """Returns what one request uses.

    Args:
        status: the expected status of a request that is refused.
    """
    meter = Meter()
    with _metered(meter) as moto:
        handler = load_app(function, moto.backend).handler
        # The first request of a process reads keys and secrets and caches them.
        _warm(moto)
        event = prepare(moto)
        _reset(meter)
        answer = handler(event, None)
        if not _is_expected(answer, status):
            raise RuntimeError(f"{name} answered {answer}")
    return Use(name, function, meter.reads, meter.writes, meter.hashes, meter.calls)


def _is_expected(answer: Any, status: int | None) -> bool:
    if not isinstance(answer, dict):
        return status is None
    if status is not None:
        return bool(answer["statusCode"] == status)
    return answer.get("statusCode", 200) < 300 and not answer.get("batchItemFailures")


def user_of(moto: MotoBackend) -> User:
    """Returns the user that the requests are about."""
    user = moto.backend.accounts.users.by_email(parse_address(ADDRESS))
    if user is None:
        raise LookupError(ADDRESS)
    return user


def _warm(moto: MotoBackend) -> None:
    moto.backend.keys.verify_access(moto.access_token(moto.user("warm@example.com")))


def _reset(meter: Meter) -> None:
    meter.reads = meter.writes = meter.hashes = 0
    meter.calls.clear()


def _frames() -> Iterator[Use]:
    yield of_frame("handshake", lambda sockets: sockets.stranger(), _shake_hands)
    yield of_frame(
        "connect", lambda sockets: sockets.stranger(), lambda client, _: client.connect(token=_)
    )
    yield of_frame("subscribe", lambda sockets: sockets.client(), _subscribe)
    yield of_frame("pong", lambda sockets: sockets.client(), lambda client, _: client.send("{}"))
    yield _refreshing()
    checked = of_frame("a delayed check", lambda sockets: sockets.client(), _check)
    yield replace(checked, function="maintenance")
    yield of_frame("publish, one member", lambda sockets: sockets.member(CHANNEL), _publish)
    yield of_frame("publish, 101 members", lambda sockets: member_among(sockets, 101), _publish)
    yield of_frame("history", lambda sockets: sockets.member(CHANNEL), _read_history)
    yield of_frame("presence", lambda sockets: sockets.member(CHANNEL), _see_presence)
    yield of_frame("unsubscribe", lambda sockets: sockets.member(CHANNEL), _unsubscribe)
    yield of_frame(
        "disconnect", lambda sockets: sockets.member(CHANNEL), lambda client, _: client.leave()
    )


def _shake_hands(client: Client, _: str) -> None:
    client.sockets.socket(connect_event(), None)


def _refreshing() -> Use:
    tokens: list[str] = []

    def prepare(sockets: SocketHarness) -> Client:
        tokens.append(sockets.moto.access_token(sockets.moto.user()))
        client = sockets.stranger()
        client.connect(token=tokens[-1])
        return client

    return of_frame(
        "refresh", prepare, lambda client, _: client.result("refresh", token=tokens[-1])
    )


def _check(client: Client, _: str) -> None:
    check_connection(client.sockets.backend, DelayedCheck(connection_id=client.id))


def _subscribe(client: Client, _: str) -> None:
    client.result("subscribe", channel=CHANNEL)


def _unsubscribe(client: Client, _: str) -> None:
    client.result("unsubscribe", channel=CHANNEL)


def _read_history(client: Client, _: str) -> None:
    client.result("history", channel=CHANNEL, limit=50, reverse=True)


def _see_presence(client: Client, _: str) -> None:
    client.result("presence", channel=CHANNEL)


def _publish(client: Client, _: str) -> None:
    client.result("publish", channel=CHANNEL, data=json.loads('{"text": "hello"}'))


def member_among(sockets: SocketHarness, size: int) -> Client:
    """Returns the client of one member of a channel with ``size`` members."""
    client = sockets.member(CHANNEL)
    for number in range(size - 1):
        sockets.backend.realtime.members.add(a_member(f"member{number}=", CHANNEL, pending=False))
    return client


def of_frame(
    name: str, prepare: Callable[[SocketHarness], Client], act: Callable[[Client, str], object]
) -> Use:
    """Returns what one frame uses."""
    meter = Meter()
    with _metered(meter) as moto:
        _warm(moto)
        sockets = SocketHarness(moto)
        client = prepare(sockets)
        token = moto.access_token(moto.user(ADDRESS))
        sent = len(sockets.api.frames)
        _reset(meter)
        act(client, token)
        frames = len(sockets.api.frames) - sent
    meter.calls["@connections"] = frames
    return Use(name, "realtime", meter.reads, meter.writes, meter.hashes, meter.calls, frames)
