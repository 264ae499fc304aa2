"""How the use of requests grows: with users, sessions of a user, members of a channel. Counted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.counting import ADDRESS, CHANNEL, Use, crowd, of_frame, of_route
from gatehouse.identity import parse_address
from tests.support import events
from tests.support.sockets import Client
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
    return [*_accounts(), _publishing()]


def _accounts() -> Iterator[Growth]:
    def login(_: World) -> Any:
        return events.http("post-login", {"email": ADDRESS, "password": PASSWORD})

    def profile(world: World) -> Any:
        return events.http("get-profile", token=_token(world))

    def refresh(world: World) -> Any:
        tokens = world.sign_in(_user(world))
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


def _user(world: World) -> Any:
    return world.backend.users.by_email(parse_address(ADDRESS))


def _token(world: World) -> str:
    return world.sign_in(_user(world)).access_token


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


def _publishing() -> Growth:
    def use(size: int) -> Use:
        return of_frame("publish", lambda hall: crowd(hall, size), _publish)

    return Growth("publish", "members of the channel", tuple(map(use, SIZES)))


def _publish(client: Client, _: str) -> None:
    client.result("publish", channel=CHANNEL, data={"text": "hello"})
