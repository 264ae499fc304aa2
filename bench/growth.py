"""Counts how the use of requests grows with users, sessions, channel members and history."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.counting import ADDRESS, CHANNEL, Use, member_among, of_frame, of_route, user_of
from harness import events
from harness.moto_backend import PASSWORD, MotoBackend
from harness.socket_harness import Client, SocketHarness

SIZES = (1, 10, 100)


@dataclass(frozen=True)
class Growth:
    """What one request uses as the amount of something grows."""

    name: str
    of: str
    """What there is more of."""
    uses: tuple[Use, ...]
    """In the order of ``SIZES``."""


def growth() -> list[Growth]:
    """Returns one entry for each pair of a request and a growing amount."""
    return [*commonest(), *_ends(), *_frames()]


def commonest(sizes: tuple[int, ...] = SIZES) -> Iterator[Growth]:
    """Yields the growth of the commonest requests, which should use the same at every size."""

    def login(_: MotoBackend) -> Any:
        return events.http("post-login", {"email": ADDRESS, "password": PASSWORD})

    def profile(moto: MotoBackend) -> Any:
        return events.http("get-profile", token=_token(moto))

    def refresh(moto: MotoBackend) -> Any:
        tokens = moto.sign_in(user_of(moto))
        return events.http("post-sessions-refresh", {"refresh_token": tokens.refresh_token})

    yield _grown("POST /login", "users", "login", _users, login, sizes)
    yield _grown("GET /profile", "users", "profile", _users, profile, sizes)
    yield _grown("POST /login", "sessions", "login", _sessions, login, sizes)
    yield _grown("POST /sessions/refresh", "sessions", "sessions", _sessions, refresh, sizes)


def _ends() -> Iterator[Growth]:
    """Yields the growth of requests that list or end sessions, which grow, as they must."""

    def signed_in(name: str) -> Callable[[MotoBackend], Any]:
        return lambda moto: events.http(name, token=_token(moto))

    yield _grown("GET /sessions", "sessions", "sessions", _sessions, signed_in("get-sessions"))
    yield _grown(
        "DELETE /sessions", "sessions", "sessions", _sessions, signed_in("delete-sessions")
    )


def _users(moto: MotoBackend, size: int) -> None:
    moto.user(ADDRESS)
    for number in range(size - 1):
        moto.user(f"other{number}@example.com")


def _sessions(moto: MotoBackend, size: int) -> None:
    user = moto.user(ADDRESS)
    for _ in range(size - 1):
        moto.sign_in(user)


def _token(moto: MotoBackend) -> str:
    return moto.sign_in(user_of(moto)).access_token


def _grown(
    name: str,
    of: str,
    function: str,
    fill: Callable[[MotoBackend, int], None],
    event: Callable[[MotoBackend], Any],
    sizes: tuple[int, ...] = SIZES,
) -> Growth:
    def use(size: int) -> Use:
        def prepare(moto: MotoBackend) -> Any:
            fill(moto, size)
            return event(moto)

        return of_route(name, function, prepare)

    return Growth(name, of, tuple(map(use, sizes)))


def _frames() -> Iterator[Growth]:
    yield _frame("publish", "members of the channel", member_among, _publish)
    yield _frame("history, limit 50", "stored publications", _published, _read_history)
    yield _frame("subscribe, nothing missed", "stored publications", _kept, _subscribe)
    yield _frame("subscribe, all missed", "stored publications", _kept, _recover)


def _frame(
    name: str,
    of: str,
    fill: Callable[[SocketHarness, int], Client],
    act: Callable[[Client, str], None],
) -> Growth:
    def use(size: int) -> Use:
        return of_frame(name, lambda sockets: fill(sockets, size), act)

    return Growth(name, of, tuple(map(use, SIZES)))


def _published(sockets: SocketHarness, size: int) -> Client:
    client = sockets.member(CHANNEL)
    for _ in range(size):
        _publish(client, "")
    return client


def _kept(sockets: SocketHarness, size: int) -> Client:
    """Returns a client that has not joined a channel with ``size`` publications yet."""
    _published(sockets, size)
    return sockets.client()


def _publish(client: Client, _: str) -> None:
    client.result("publish", channel=CHANNEL, data={"text": "hello"})


def _read_history(client: Client, _: str) -> None:
    client.result("history", channel=CHANNEL, limit=50, reverse=True)


def _subscribe(client: Client, _: str) -> None:
    client.result("subscribe", channel=CHANNEL)


def _recover(client: Client, _: str) -> None:
    client.result("subscribe", channel=CHANNEL, recover=True, offset=0, epoch="")
