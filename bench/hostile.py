"""Counts what hostile requests and frames use, one kind each."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil

from bench.counting import (
    ADDRESS,
    CHANNEL,
    Use,
    member_among,
    of_frame,
    of_route,
)
from gatehouse import limits
from gatehouse.errors import TooManyRequests
from gatehouse.http.bodies import MAX_BODY
from gatehouse.identity import Device
from gatehouse.limits import ASK_FOR_MAIL, LOG_IN, REFRESH, REGISTER, Limit
from gatehouse.websocket import budget
from harness import events
from harness.events import Event
from harness.moto_backend import PASSWORD, MotoBackend
from harness.socket_harness import Client, SocketHarness, connect_event
from harness.template import ROOT

HTTP_UNIT = 512 * 1024
"""Bytes of a request that API Gateway bills as one."""

LARGEST_BODY = 6 * 1024 * 1024
"""Bytes of the largest event that Lambda takes. The gateway refuses what is larger."""

SCRIPT, VIEWER = 36_000, 460_000
"""Bytes of the largest file of the page and of the documentation's viewer, compressed."""

BATCH = 100
"""Commands in one frame."""

HTTP, FILES, SOCKET = "HttpRate", "FileRate", "SocketRate"
"""The parameters of template.yaml that bound how many requests pass in a second."""

Prepare = Callable[[MotoBackend], Event]


@dataclass(frozen=True)
class Hostile:
    """One kind of hostile request."""

    name: str
    use: Use
    rate: str = HTTP
    limit: Limit | None = None
    """What bounds it more tightly than the rate."""
    requests: int = 1
    """As how many requests API Gateway bills it."""
    bytes_out: int = 0
    """Bytes of the answer, for files."""
    emails: int = 0
    """Emails that it causes."""
    checks: int = 0
    """Delayed checks that it causes."""


def hostile() -> list[Hostile]:
    """Returns every kind, over HTTP and on the socket."""
    return [*_requests(), *_mails(), *_files(), *_frames()]


def _requests() -> Iterator[Hostile]:
    none: dict[str, str | None] = {"authorization": None}
    yield Hostile(
        "a request without a token",
        _refused("profile", 401, lambda _: events.http("get-profile", headers=none)),
    )
    yield Hostile("a request with a forged token", _refused("profile", 401, _forged_token))
    yield Hostile(
        "a body that is not JSON",
        _refused("login", 400, lambda _: events.http_raw("post-login", "{")),
    )
    yield Hostile(
        "a body of 6 MB",
        _refused("login", 413, lambda _: events.http_raw("post-login", "x" * (2 * MAX_BODY + 1))),
        requests=ceil(LARGEST_BODY / HTTP_UNIT),
    )
    yield Hostile("a wrong password", _refused("login", 401, _wrong_password), limit=LOG_IN)
    yield Hostile("a sign-in over a limit", _refused("login", 429, _over_a_limit))
    yield Hostile(
        "a forged refresh token", _refused("sessions", 400, _forged_refresh), limit=REFRESH
    )


def _mails() -> Iterator[Hostile]:
    yield Hostile(
        "a registration of a stranger's address",
        of_route("register", "register", _registering_a_stranger),
        limit=REGISTER,
        emails=1,
    )
    yield Hostile(
        "a password reset for someone else",
        of_route("forgot", "passwords", _asking_for_a_reset),
        limit=ASK_FOR_MAIL,
        emails=1,
    )


def _files() -> Iterator[Hostile]:
    use = Use("a file", "pages", reads=0, writes=0, hashes=0, calls=Counter())
    description = gzip.compress((ROOT / "docs/openapi.json").read_bytes(), mtime=0)
    sizes = {
        "the API description": len(description),
        "the page's script": SCRIPT,
        "the documentation's viewer, where it is on": VIEWER,
    }
    for name, size in sizes.items():
        yield Hostile(name, use, rate=FILES, bytes_out=size)


def _frames() -> Iterator[Hostile]:
    yield Hostile(
        "a connection that never connects",
        of_frame("handshake", lambda sockets: sockets.stranger(), _come_and_go),
        rate=SOCKET,
        checks=1,
    )
    yield Hostile(
        "a frame that is no command",
        of_frame("garbage", lambda sockets: sockets.client(), lambda client, _: client.send("[")),
        rate=SOCKET,
    )
    yield Hostile(
        "a command over the budget",
        of_frame("flood", _spent, lambda client, _: client.error("rpc", method="time")),
        rate=SOCKET,
    )
    yield Hostile(
        "a message in a room of 101",
        of_frame("publish", lambda sockets: member_among(sockets, 101), _publish),
        rate=SOCKET,
    )


def _refused(function: str, status: int, prepare: Prepare) -> Use:
    return of_route(f"{function} {status}", function, prepare, status=status)


def _forged_token(moto: MotoBackend) -> Event:
    header, claims, _ = moto.access_token(moto.user(ADDRESS)).split(".")
    return events.http("get-profile", token=f"{header}.{claims}.{'A' * 342}")


def _wrong_password(moto: MotoBackend) -> Event:
    moto.user(ADDRESS)
    return events.http("post-login", {"email": ADDRESS, "password": "not the password"})


def _over_a_limit(moto: MotoBackend) -> Event:
    """Exhausts the limit of the client address, which is counted first."""
    event = _wrong_password(moto)
    origin = Device(event["requestContext"]["http"]["sourceIp"])
    only_address = replace(LOG_IN, per_account=None, for_everybody=None)
    with suppress(TooManyRequests):
        while True:
            limits.count(moto.backend, only_address, origin)
    return event


def _forged_refresh(moto: MotoBackend) -> Event:
    place, _, tag = moto.sign_in(moto.user(ADDRESS)).refresh_token.rpartition(".")
    return events.http("post-sessions-refresh", {"refresh_token": f"{place}.{'A' * len(tag)}"})


def _registering_a_stranger(_: MotoBackend) -> Event:
    body = {"email": "stranger@example.com", "password": PASSWORD}
    return events.http("post-register", body)


def _asking_for_a_reset(moto: MotoBackend) -> Event:
    moto.user(ADDRESS)
    return events.http("post-passwords-forgot", {"email": ADDRESS})


def _come_and_go(client: Client, _: str) -> None:
    """Opens a connection and lets it end."""
    client.sockets.socket(connect_event(), None)
    client.leave()


def _spent(sockets: SocketHarness) -> Client:
    """Returns a client that has used up its command budget."""
    client = sockets.client()
    for _ in range(budget.MAX_SPENT // BATCH):
        client.tell(*[("rpc", {"method": "time"})] * BATCH)
    return client


def _publish(client: Client, _: str) -> None:
    client.result("publish", channel=CHANNEL, data={"text": "hello"})
