"""Everything that each function does, once, for the tests that look at what it asks of AWS."""

import json
from collections.abc import Callable
from dataclasses import replace

from gatehouse.backend import KEYS_LIFE, Backend
from gatehouse.emails.outbox import PATIENCE
from gatehouse.flows.ping_connections import ping_connections
from gatehouse.flows.turn_keys import ensure_keys
from gatehouse.stores.connections import SLOTS
from tests.support.calls import broken
from tests.support.events import http, mails, sample
from tests.support.functions import CONTEXT, load_app, serve
from tests.support.sockets import Hall
from tests.support.world import World

Act = Callable[[], None]


def _cold(world: World) -> Backend:
    """The backend of a process that has read no key and no secret yet."""
    return replace(world.backend)


def register(world: World) -> Act:
    call = serve("register", _cold(world))

    def act() -> None:
        for status in (201, 409):
            assert call(http("post-register")).status == status

    return act


def login(world: World) -> Act:
    world.user("ada@example.com")
    newer = {"current": "p2", "p1": "x" * 64, "p2": "z" * 64}
    world.backend.secrets.write(world.backend.settings.pepper_secret, json.dumps(newer))
    call = serve("login", _cold(world))

    def act() -> None:
        assert call(http("post-login")).status == 200

    return act


def sessions(world: World) -> Act:
    body = {"refresh_token": world.sign_in(world.user()).refresh_token}
    call = serve("sessions", _cold(world))

    def act() -> None:
        assert call(http("post-sessions-refresh", body)).status == 200
        world.clock.advance(31)
        assert call(http("post-sessions-refresh", body)).status == 400
        assert call(http("post-logout", body)).status == 204

    return act


def profile(world: World) -> Act:
    token = world.access_token(world.user())
    call = serve("profile", _cold(world))

    def act() -> None:
        for name in ("get-profile", "patch-profile"):
            assert call(http(name, token=token)).status == 200

    return act


def wellknown(world: World) -> Act:
    call = serve("wellknown", _cold(world))

    def act() -> None:
        assert call(http("get-jwks")).status == 200

    return act


def rotation(world: World) -> Act:
    app = load_app("rotation", _cold(world))

    def act() -> None:
        world.clock.advance(30 * 86_400)
        app.handler(sample("rotation-tick"), CONTEXT)
        ensure_keys(world.backend)

    return act


def mailer(world: World) -> Act:
    app = load_app("mailer", _cold(world))
    (record,) = sample("mailer-sqs")["Records"]

    def act() -> None:
        with broken("SendEmail"):
            app.handler(mails(record["body"]), CONTEXT)
        app.handler(mails(record["body"]), CONTEXT)

    return act


def caretaker(world: World) -> Act:
    hall = Hall(world)
    gone, expired = hall.client(), hall.client()
    hall.api.gone.add(gone.id)
    with broken("SendMessage"):
        serve("register", world.backend)(http("post-register"))
    app = load_app("caretaker", replace(hall.backend))

    def act() -> None:
        world.clock.advance(PATIENCE)
        for minute in range(SLOTS):
            ping_connections(hall.backend, minute)
        app.handler(sample("caretaker-tick"), CONTEXT)
        world.clock.advance(2_000)
        for minute in range(SLOTS):
            ping_connections(hall.backend, minute)
        assert expired.is_closed

    return act


def realtime(world: World) -> Act:
    user = world.user()
    hall = Hall(world)
    other = hall.member("room:1")
    first, ended = world.sign_in(user), world.sign_in(user)
    identity = world.backend.verify_access(ended.access_token)
    world.backend.sessions.revoke(user.id, identity.session_id)

    def act() -> None:
        world.clock.advance(KEYS_LIFE + 1)
        client = hall.stranger()
        assert "connect" in client.connect(token=first.access_token)
        assert "subscribe" in client.ask("subscribe", channel="room:1")
        assert "refresh" in client.ask("refresh", token=first.access_token)
        assert "presence" in client.ask("presence", channel="room:1")
        hall.api.gone.add(other.id)
        assert "publish" in client.ask("publish", channel="room:1", data=1)
        assert "unsubscribe" in client.ask("unsubscribe", channel="room:1")
        client.leave()
        hall.stranger().send(json.dumps({"id": 1, "connect": {"token": ended.access_token}}))

    return act


SCENARIOS: dict[str, Callable[[World], Act]] = {
    "register": register,
    "login": login,
    "sessions": sessions,
    "profile": profile,
    "wellknown": wellknown,
    "rotation": rotation,
    "mailer": mailer,
    "caretaker": caretaker,
    "realtime": realtime,
}
"""By the folders of the functions."""
