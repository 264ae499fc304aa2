"""Everything that each function does, once, for the tests that look at what it asks of AWS."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import jwt

from gatehouse.backend.cached import KEYS_LIFE
from gatehouse.backend.root import Backend
from gatehouse.emails.outbox import PATIENCE
from gatehouse.errors import ServerError
from gatehouse.flows.accounts.turn_keys import ensure_keys
from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.flows.realtime.ping_connections import ping_connections
from gatehouse.realtime.delivery_queue import Wake
from gatehouse.stores.connections import SLOTS
from tests.support.calls import broken
from tests.support.events import body_of, checks, http, http_raw, mails, sample, wakes
from tests.support.functions import CONTEXT, load_app, serve
from tests.support.queues import deliver
from tests.support.sockets import OK, Hall, connect_event
from tests.support.world import APP_TOKENS, PASSWORD, World

Act = Callable[[], None]


def _cold(world: World) -> Backend:
    """The backend of a process that has read no key and no secret yet."""
    return replace(world.backend)


def _mails(world: World) -> list[dict[str, Any]]:
    """What is in the queue; read in a scenario without being a part of it."""
    return [json.loads(message["Body"]) for message in world.peek()]


def _token_for(world: World, to: str, template: str) -> str:
    """The token of the last mail of a kind to somebody."""
    found = [m for m in _mails(world) if (m["to"], m["template"]) == (to, template)]
    token: str = found[-1]["values"]["link"].partition("=")[2]
    return token


def register(world: World) -> Act:
    settings = replace(world.backend.settings, require_verified_email=True)
    free, strict = (
        serve("register", replace(_cold(world), settings=each))
        for each in (world.backend.settings, settings)
    )
    ada, eve = body_of("post-register"), {"email": "eve@example.com", "password": PASSWORD}

    def act() -> None:
        for status in (201, 409):
            assert free(http("post-register", ada)).status == status
        for body in (ada, eve):
            assert strict(http("post-register", body)).status == 202
        assert strict(http("post-register-resend", {"email": eve["email"]})).status == 202
        token = _token_for(world, eve["email"], "verify_email")
        proof = {"token": token, "password": PASSWORD}
        assert strict(http("post-register-verify", proof)).status == 204

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
    user = world.user()
    hall = Hall(world)
    stolen, own, *others = (world.sign_in(user) for _ in range(5))
    for tokens in (stolen, own, *others):
        client = hall.stranger()
        client.connect(token=tokens.access_token)
    hall.api.failing.add(client.id)
    body = {"refresh_token": stolen.refresh_token}
    form = f"grant_type=refresh_token&refresh_token={own.refresh_token}"
    settings = replace(hall.backend.settings, pepper_secret="")
    call = serve("sessions", replace(hall.backend, settings=settings))

    def act() -> None:
        assert call(http("post-sessions-refresh", body)).status == 200
        world.clock.advance(31)
        assert call(http("post-sessions-refresh", body)).status == 400
        assert call(http("post-logout", {"refresh_token": others[0].refresh_token})).status == 204
        token = own.access_token
        assert call(http_raw("post-token", form)).status == 200
        for name in ("get-sessions", "get-profile-events"):
            assert call(http(name, token=token)).status == 200
        assert call(http("delete-session", token=token)).status == 404
        assert call(http("delete-sessions", token=token)).status == 204
        assert call(http_raw("post-revoke", f"token={own.refresh_token}")).status == 200

    return act


def passwords(world: World) -> Act:
    user = world.user("ada@example.com")
    hall = Hall(world)
    own = world.access_token(user)
    hall.client(user)
    hall.api.failing.add(hall.client(user).id)
    last = world.access_token(world.user())
    call = serve("passwords", replace(hall.backend))
    chosen = "and again another pumpkin"

    def act() -> None:
        assert call(http("put-password", token=own)).status == 204
        assert call(http("post-passwords-forgot")).status == 202
        token = _token_for(world, user.email, "reset_password")
        reset = {"token": token, "password": chosen}
        assert call(http("post-passwords-reset", reset)).status == 204
        assert call(http("delete-profile", token=last)).status == 204

    return act


def emails(world: World) -> Act:
    user = world.user("ada@example.com")
    token = world.access_token(user)
    call = serve("emails", _cold(world))

    def act() -> None:
        assert call(http("post-emails-change", token=token)).status == 202
        waiting = _mails(world)
        for template in ("confirm_old_email", "confirm_new_email"):
            (mail,) = (each for each in waiting if each["template"] == template)
            confirm = {"token": mail["values"]["link"].partition("=")[2]}
            assert call(http("post-emails-confirm", confirm)).status == 204

    return act


def profile(world: World) -> Act:
    token = world.access_token(world.user())
    call = serve("profile", _cold(world))

    def act() -> None:
        for name in ("get-profile", "patch-profile", "get-profile-export"):
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


def maintenance(world: World) -> Act:
    hall = Hall(world)
    gone, expired = hall.client(), hall.client()
    hall.api.gone.add(gone.id)
    with broken("SendMessage"):
        serve("register", world.backend)(http("post-register"))
    leaver = world.user()
    world.sign_in(leaver)
    hall.client(leaver)
    world.backend.accounts.transact(
        world.backend.accounts.users.closing(leaver),
        world.backend.accounts.removals.beginning(leaver.id, world.clock.now()),
    )
    app = load_app("maintenance", replace(hall.backend))
    joining, unclosed = hall.member("room:1"), hall.member("room:1")
    (member,) = (
        m for m in hall.backend.realtime.members.of("room:1", 0) if m.connection_id == joining.id
    )
    hall.backend.realtime.members.add(replace(member, pending=True))
    look = {"channel": "room:1", "token": member.token}
    world.sqs.send_message(
        QueueUrl=world.backend.settings.delivery_dead_letters_url,
        MessageBody=json.dumps(asdict(Wake("room:1", 0, "e", 0))),
        MessageGroupId="g",
        MessageDeduplicationId="d",
    )

    def act() -> None:
        for check in ({}, look):
            body = json.dumps({"connection_id": joining.id, **check})
            assert app.handler(checks(body), CONTEXT) == {"batchItemFailures": []}
        hall.api.failing.add(unclosed.id)
        close_connection(hall.backend, unclosed.id, ServerError())
        world.clock.advance(PATIENCE)
        for minute in range(SLOTS):
            ping_connections(hall.backend, minute)
        app.handler(sample("maintenance-tick"), CONTEXT)
        world.clock.advance(2_000)
        for minute in range(SLOTS):
            ping_connections(hall.backend, minute)
        assert expired.is_closed

    return act


def delivery(world: World) -> Act:
    hall = Hall(world)
    hall.delivering = False
    served, failing, gone, joining, short = (hall.member("room:1") for _ in range(5))
    app = load_app("delivery", replace(hall.backend))
    hall.client().result("publish", channel="room:1", data=1)
    hall.api.failing.add(failing.id)
    hall.api.gone.add(gone.id)
    for member in list(hall.backend.realtime.members.of("room:1", 0)):
        if member.connection_id == joining.id:
            hall.backend.realtime.members.add(replace(member, pending=True))
    hall.backend.realtime.members.extend_subscription("room:1", 0, short.id, 0)

    def act() -> None:
        with broken("Query"):
            app.handler(wakes(json.dumps(asdict(hall.wakes()[0]))), CONTEXT)
        assert deliver(world.sqs, world.backend.settings.delivery_queue_url, app.handler)
        assert served.publications == [1]
        app.handler(wakes(json.dumps(asdict(Wake("room:new", 0, "e", 0)))), CONTEXT)
        app.handler(wakes(json.dumps(asdict(Wake("room:new", 0, "e", 1)))), CONTEXT)

    return act


def realtime(world: World) -> Act:
    user = world.user()
    world.secrets.create_secret(Name=APP_TOKENS, SecretString="s" * 32)
    settings = replace(world.backend.settings, token_secret=APP_TOKENS)
    world = replace(world, backend=replace(world.backend, settings=settings))
    hall = Hall(world)
    hall.delivering = False
    other = hall.member("room:1")
    typing = hall.member("typing:1")
    first, ended = world.sign_in(user), world.sign_in(user)
    identity = world.backend.keys.verify_access(ended.access_token)
    world.backend.accounts.sessions.revoke(user.id, identity.session_id)

    def act() -> None:
        world.clock.advance(KEYS_LIFE + 1)
        assert hall.socket(connect_event(), None) == OK
        app_token = jwt.encode({"sub": "ada"}, "s" * 32, algorithm="HS256")
        assert "connect" in hall.stranger().connect(token=app_token)
        client = hall.stranger()
        assert "connect" in client.connect(token=first.access_token)
        assert "subscribe" in client.ask("subscribe", channel="room:1")
        assert "history" in client.ask("history", channel="room:1", limit=1)
        assert "publish" in client.ask("publish", channel="typing:1", data=1)
        hall.api.failing.add(typing.id)
        close_connection(hall.backend, typing.id, ServerError())
        assert "refresh" in client.ask("refresh", token=first.access_token)
        assert "presence" in client.ask("presence", channel="room:1")
        hall.api.gone.add(other.id)
        other.leave()
        assert "publish" in client.ask("publish", channel="room:1", data=1)
        assert "unsubscribe" in client.ask("unsubscribe", channel="room:1")
        client.leave()
        hall.stranger().send(json.dumps({"id": 1, "connect": {"token": ended.access_token}}))

    return act


def pages(world: World) -> Act:
    module = load_app("pages", _cold(world))

    def act() -> None:
        for name in ("get-app", "get-app-config", "get-docs", "get-openapi"):
            assert module.handler(sample(name), CONTEXT)["statusCode"] in (200, 503)

    return act


SCENARIOS: dict[str, Callable[[World], Act]] = {
    "register": register,
    "login": login,
    "sessions": sessions,
    "passwords": passwords,
    "emails": emails,
    "profile": profile,
    "wellknown": wellknown,
    "rotation": rotation,
    "mailer": mailer,
    "maintenance": maintenance,
    "realtime": realtime,
    "delivery": delivery,
    "pages": pages,
}
"""By the folders of the functions."""
