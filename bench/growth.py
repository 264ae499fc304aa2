"""How the use of requests grows: with users, sessions of a user, members and history of a channel.
Counted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.counting import ADDRESS, CHANNEL, Use, member_among, of_frame, of_route, user_of
from tests.support import events
from tests.support.sockets import Client, Hall
from tests.support.world import PASSWORD, World

SIZES = (1, 10, 100)


@dataclass(frozen=True)
class Growth:
    """One request beside something that there is more and more of."""

    name: str
    of: str
    uses: tuple[Use, ...]
    """In the order of ``SIZES``."""


def growth() -> list[Growth]:
    """One line for each pair that somebody may fear."""
    return [*_accounts(), *_frames()]


def _accounts() -> Iterator[Growth]:
    def login(_: World) -> Any:
        return events.http("post-login", {"email": ADDRESS, "password": PASSWORD})

    def profile(world: World) -> Any:
        return events.http("get-profile", token=_token(world))

    def refresh(world: World) -> Any:
        tokens = world.sign_in(user_of(world))
        return events.http("post-sessions-refresh", {"refresh_token": tokens.refresh_token})

    def signed_in(name: str) -> Callable[[World], Any]:
        return lambda world: events.http(name, token=_token(world))

    yield _grown("POST /login", "users", "login", _users, login)
    yield _grown("GET /profile", "users", "profile", _users, profile)
    yield _grown("POST /login", "sessions", "login", _sessions, login)
    yield _grown("POST /sessions/refresh", "sessions", "sessions", _sessions, refresh)
    yield _grown("GET /sessions", "sessions", "sessions", _sessions, signed_in("get-sessions"))
    yield _grown(
        "DELETE /sessions", "sessions", "sessions", _sessions, signed_in("delete-sessions")
    )


def _users(world: World, size: int) -> None:
    world.user(ADDRESS)
    for number in range(size - 1):
        world.user(f"other{number}@example.com")


def _sessions(world: World, size: int) -> None:
    user = world.user(ADDRESS)
    for _ in range(size - 1):
        world.sign_in(user)


def _token(world: World) -> str:
    return world.sign_in(user_of(world)).access_token


def _grown(
    name: str,
    of: str,
    function: str,
    fill: Callable[[World, int], None],
    event: Callable[[World], Any],
) -> Growth:
    def use(size: int) -> Use:
        def prepare(world: World) -> Any:
            fill(world, size)
            return event(world)

        return of_route(name, function, prepare)

    return Growth(name, of, tuple(map(use, SIZES)))


def _frames() -> Iterator[Growth]:
    yield _frame("publish", "members of the channel", member_among, _publish)
    yield _frame("history, 50 of them", "publications kept", _published, _read_history)
    yield _frame("subscribe, nothing missed", "publications kept", _kept, _subscribe)
    yield _frame("subscribe, all of them missed", "publications kept", _kept, _recover)


def _frame(
    name: str, of: str, fill: Callable[[Hall, int], Client], act: Callable[[Client, str], None]
) -> Growth:
    def use(size: int) -> Use:
        return of_frame(name, lambda hall: fill(hall, size), act)

    return Growth(name, of, tuple(map(use, SIZES)))


def _published(hall: Hall, size: int) -> Client:
    client = hall.member(CHANNEL)
    for _ in range(size):
        _publish(client, "")
    return client


def _kept(hall: Hall, size: int) -> Client:
    """Somebody who joins, where others have talked."""
    _published(hall, size)
    return hall.client()


def _publish(client: Client, _: str) -> None:
    client.result("publish", channel=CHANNEL, data={"text": "hello"})


def _read_history(client: Client, _: str) -> None:
    client.result("history", channel=CHANNEL, limit=50, reverse=True)


def _subscribe(client: Client, _: str) -> None:
    client.result("subscribe", channel=CHANNEL)


def _recover(client: Client, _: str) -> None:
    client.result("subscribe", channel=CHANNEL, recover=True, offset=0, epoch="")
