"""Runs everything that each function does once, for the tests that check its AWS calls."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import jwt
import pytest

from gatehouse.backend.cached import KEYS_LIFE
from gatehouse.backend.root import Backend
from gatehouse.emails.outbox import PATIENCE
from gatehouse.errors import ServerError
from gatehouse.flows.accounts.rotate_keys import ensure_keys
from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.flows.realtime.ping_connections import ping_connections
from gatehouse.realtime.channels import RULES, Rule, Rules
from gatehouse.realtime.delivery_queue import Wake
from gatehouse.stores.connections import SLOTS
from gatehouse.stores.sweeps import new_sweep
from harness.events import body_of, check_event, http, http_raw, mail_event, sample, wake_event
from harness.functions import CONTEXT, load_app, serve
from harness.moto_backend import APP_TOKENS, PASSWORD, MotoBackend
from harness.queues import deliver
from harness.socket_harness import OK, SocketHarness, connect_event
from tests.support.calls import broken, refused
from tests.support.challenges import with_widget
from tests.support.people import now_of

Act = Callable[[], None]


def _cold(moto: MotoBackend) -> Backend:
    """Returns the backend of a process that has read no keys and no secrets yet."""
    return replace(moto.backend)


def _mails(moto: MotoBackend) -> list[dict[str, Any]]:
    """Returns the mails in the queue without a call that counts as part of the scenario."""
    return [json.loads(message["Body"]) for message in moto.peek()]


def _token_for(moto: MotoBackend, to: str, template: str) -> str:
    """Returns the token of the last mail to an address from a template."""
    mails = [m for m in _mails(moto) if (m["to"], m["template"]) == (to, template)]
    token: str = mails[-1]["values"]["link"].partition("=")[2]
    return token


def _code_for(moto: MotoBackend, to: str) -> str:
    """Returns the code of the last mail that verifies an address."""
    mails = [m for m in _mails(moto) if (m["to"], m["template"]) == (to, "verify_email")]
    code: str = mails[-1]["values"]["code"]
    return code


def register(moto: MotoBackend) -> Act:
    settings = replace(moto.backend.settings, require_verified_email=True)
    free, strict = (
        serve("register", replace(_cold(moto), settings=each))
        for each in (moto.backend.settings, settings)
    )
    checked = serve("register", with_widget(moto.backend))
    ada, eve = body_of("post-register"), {"email": "eve@example.com", "password": PASSWORD}
    mia = {"email": "mia@example.com", "password": PASSWORD}

    def act() -> None:
        for status in (201, 409):
            assert free(http("post-register", ada)).status == status
        solved = {**ada, "email": "grace@example.com", "solution": "token"}
        assert checked(http("post-register", solved)).status == 201
        for body in (ada, eve):
            assert strict(http("post-register", body)).status == 202
        assert strict(http("post-register-resend", {"email": eve["email"]})).status == 202
        token = _token_for(moto, eve["email"], "verify_email")
        proof = {"token": token, "password": PASSWORD}
        assert strict(http("post-register-verify", proof)).status == 204
        assert strict(http("post-register", mia)).status == 202
        proof = {"email": mia["email"], "code": _code_for(moto, mia["email"]), "password": PASSWORD}
        assert strict(http("post-register-verify", proof)).status == 204

    return act


def login(moto: MotoBackend) -> Act:
    ada = moto.user("ada@example.com")
    for _ in range(2):
        moto.sign_in(ada)
    newer = {"current": "p2", "p1": "x" * 64, "p2": "z" * 64}
    moto.backend.secrets.write(moto.backend.settings.pepper_secret, json.dumps(newer))
    call = serve("login", _cold(moto))

    def act() -> None:
        with pytest.MonkeyPatch.context() as patch:
            # As if the user had all the sessions that are allowed.
            patch.setattr("gatehouse.flows.sign_in.make_room.MAX_SESSIONS", 2)
            moto.backend.accounts.users.allow_sessions(now_of(moto, ada), 0)
            assert call(http("post-login")).status == 200
        for email in ("ada@example.com", "nobody@example.com"):
            wrong = {"email": email, "password": "not the password"}
            assert call(http("post-login", wrong)).status == 401

    return act


def sessions(moto: MotoBackend) -> Act:
    user = moto.user()
    sockets = SocketHarness(moto)
    stolen, own, *others = (moto.sign_in(user) for _ in range(6))
    for tokens in (stolen, own, *others):
        client = sockets.stranger()
        client.connect(token=tokens.access_token)
    sockets.api.failing.add(client.id)
    body = {"refresh_token": stolen.refresh_token}
    form = f"grant_type=refresh_token&refresh_token={own.refresh_token}"
    other = moto.backend.keys.verify_access(others[1].access_token).session_id
    one = http("delete-session", token=own.access_token)
    one["rawPath"] = one["requestContext"]["http"]["path"] = f"/sessions/{other}"
    settings = replace(sockets.backend.settings, pepper_secret="")
    call = serve("sessions", replace(sockets.backend, settings=settings))

    def act() -> None:
        copied = {"refresh_token": others[2].refresh_token}
        for first in (body, copied):
            assert call(http("post-sessions-refresh", first)).status == 200
        moto.clock.advance(601)
        assert call(http("post-sessions-refresh", body)).status == 400
        reused = f"grant_type=refresh_token&refresh_token={others[2].refresh_token}"
        assert call(http_raw("post-token", reused)).status == 400
        assert call(http("post-logout", {"refresh_token": others[0].refresh_token})).status == 204
        token = own.access_token
        assert call(http_raw("post-token", form)).status == 200
        for name in ("get-sessions", "get-profile-events"):
            assert call(http(name, token=token)).status == 200
        assert call(one).status == 204
        assert call(http("delete-sessions", token=token)).status == 204
        assert call(http_raw("post-revoke", f"token={own.refresh_token}")).status == 200

    return act


def passwords(moto: MotoBackend) -> Act:
    user = moto.user("ada@example.com")
    sockets = SocketHarness(moto)
    own = moto.access_token(user)
    sockets.client(user)
    sockets.api.failing.add(sockets.client(user).id)
    last = moto.access_token(moto.user())
    call = serve("passwords", replace(sockets.backend))
    checked = serve("passwords", with_widget(moto.backend))
    chosen = "and again another pumpkin"

    def act() -> None:
        wrong = {"password": "not the password"}
        assert call(http("delete-profile", wrong, token=own)).status == 401
        assert call(http("put-password", token=own)).status == 204
        assert call(http("post-passwords-forgot")).status == 202
        solved = {"email": "eve@example.com", "solution": "token"}
        assert checked(http("post-passwords-forgot", solved)).status == 202
        token = _token_for(moto, user.email, "reset_password")
        reset = {"token": token, "password": chosen}
        assert call(http("post-passwords-reset", reset)).status == 204
        assert call(http("delete-profile", token=last)).status == 204

    return act


def emails(moto: MotoBackend) -> Act:
    user = moto.user("ada@example.com")
    token, other = moto.access_token(user), moto.access_token(moto.user())
    call, checked = serve("emails", _cold(moto)), serve("emails", with_widget(moto.backend))
    solved = {"new_email": "eve@example.com", "password": PASSWORD, "solution": "token"}

    def act() -> None:
        wrong = {"new_email": "new@example.com", "password": "not the password"}
        assert call(http("post-emails-change", wrong, token=token)).status == 401
        assert call(http("post-emails-change", token=token)).status == 202
        waiting = _mails(moto)
        for template in ("confirm_old_email", "confirm_new_email"):
            (mail,) = (each for each in waiting if each["template"] == template)
            confirm = {"token": mail["values"]["link"].partition("=")[2]}
            assert call(http("post-emails-confirm", confirm)).status == 204
        assert checked(http("post-emails-change", solved, token=other)).status == 202

    return act


def profile(moto: MotoBackend) -> Act:
    token = moto.access_token(moto.user())
    call = serve("profile", _cold(moto))

    def act() -> None:
        for name in ("get-profile", "patch-profile", "get-profile-export"):
            assert call(http(name, token=token)).status == 200

    return act


def wellknown(moto: MotoBackend) -> Act:
    call = serve("wellknown", _cold(moto))

    def act() -> None:
        for name in (
            "get-health",
            "get-jwks",
            "get-openid-configuration",
            "get-oauth-authorization-server",
        ):
            assert call(http(name)).status == 200

    return act


def rotation(moto: MotoBackend) -> Act:
    app = load_app("rotation", _cold(moto))

    def act() -> None:
        moto.clock.advance(30 * 86_400)
        app.handler(sample("rotation-tick"), CONTEXT)
        ensure_keys(moto.backend)

    return act


def mailer(moto: MotoBackend) -> Act:
    app = load_app("mailer", _cold(moto))
    (record,) = sample("mailer-sqs")["Records"]
    user = moto.user()
    refusal = json.dumps({**json.loads(record["body"]), "key": "k2", "to": user.email})

    def act() -> None:
        with broken("SendEmail"):
            app.handler(mail_event(record["body"]), CONTEXT)
        app.handler(mail_event(record["body"]), CONTEXT)
        with refused("SendEmail", "BadRequestException", "Invalid email address."):
            app.handler(mail_event(refusal), CONTEXT)

    return act


def maintenance(moto: MotoBackend) -> Act:
    sockets = SocketHarness(moto)
    gone, expired = sockets.client(), sockets.client()
    sockets.api.gone.add(gone.id)
    with broken("SendMessage"):
        serve("register", moto.backend)(http("post-register"))
    leaver = moto.user()
    moto.sign_in(leaver)
    sockets.client(leaver)
    moto.backend.accounts.transact(
        moto.backend.accounts.users.closing(leaver),
        moto.backend.accounts.removals.beginning(leaver.id, moto.clock.now()),
    )
    moto.backend.accounts.transact(
        moto.backend.accounts.sweeps.adding(new_sweep(moto.user().id), moto.clock.now())
    )
    app = load_app("maintenance", replace(sockets.backend))
    joining, unclosed = sockets.member("room:1"), sockets.member("room:1")
    (member,) = (
        m for m in sockets.backend.realtime.members.of("room:1", 0) if m.connection_id == joining.id
    )
    sockets.backend.realtime.members.add(replace(member, pending=True))
    look = {"channel": "room:1", "token": member.token}
    moto.sqs.send_message(
        QueueUrl=moto.backend.settings.delivery_dead_letters_url,
        MessageBody=json.dumps(asdict(Wake("room:1", 0, "e", 0))),
        MessageGroupId="g",
        MessageDeduplicationId="d",
    )

    def act() -> None:
        for check in ({}, look):
            body = json.dumps({"connection_id": joining.id, **check})
            assert app.handler(check_event(body), CONTEXT) == {"batchItemFailures": []}
        sockets.api.failing.add(unclosed.id)
        close_connection(sockets.backend, unclosed.id, ServerError())
        moto.clock.advance(PATIENCE)
        for minute in range(SLOTS):
            ping_connections(sockets.backend, minute)
        app.handler(sample("maintenance-tick"), CONTEXT)
        moto.clock.advance(2_000)
        for minute in range(SLOTS):
            ping_connections(sockets.backend, minute)
        assert expired.is_closed

    return act


def delivery(moto: MotoBackend) -> Act:
    sockets = SocketHarness(moto)
    sockets.delivering = False
    served, failing, gone, joining, short = (sockets.member("room:1") for _ in range(5))
    app = load_app("delivery", replace(sockets.backend))
    sockets.client().result("publish", channel="room:1", data=1)
    sockets.api.failing.add(failing.id)
    sockets.api.gone.add(gone.id)
    for member in list(sockets.backend.realtime.members.of("room:1", 0)):
        if member.connection_id == joining.id:
            sockets.backend.realtime.members.add(replace(member, pending=True))
    sockets.backend.realtime.members.extend_subscription("room:1", 0, short.id, 0)

    def act() -> None:
        with broken("Query"):
            app.handler(wake_event(json.dumps(asdict(sockets.wakes()[0]))), CONTEXT)
        assert deliver(moto.sqs, moto.backend.settings.delivery_queue_url, app.handler)
        assert served.publications == [1]
        app.handler(wake_event(json.dumps(asdict(Wake("room:new", 0, "e", 0)))), CONTEXT)
        app.handler(wake_event(json.dumps(asdict(Wake("room:new", 0, "e", 1)))), CONTEXT)

    return act


def app_token(**claims: Any) -> str:
    return jwt.encode(claims, "s" * 32, algorithm="HS256")


def realtime(moto: MotoBackend) -> Act:
    user = moto.user()
    moto.secrets.create_secret(Name=APP_TOKENS, SecretString="s" * 32)
    settings = replace(moto.backend.settings, token_secret=APP_TOKENS)
    rules = Rules((Rule(pattern="news:*", token=True), *RULES.lines))
    backend = replace(moto.backend, settings=settings, own_rules=rules)
    moto = replace(moto, backend=backend)
    sockets = SocketHarness(moto)
    sockets.delivering = False
    other = sockets.member("room:1")
    typing = sockets.member("typing:1")
    first, ended = moto.sign_in(user), moto.sign_in(user)
    identity = moto.backend.keys.verify_access(ended.access_token)
    moto.backend.accounts.sessions.revoke(user.id, identity.session_id)

    def act() -> None:
        moto.clock.advance(KEYS_LIFE + 1)
        assert sockets.socket(connect_event(), None) == OK
        reader = sockets.stranger()
        assert "connect" in reader.connect(token=app_token(sub="ada"))
        news = {"channel": "news:1", "token": app_token(sub="ada", channel="news:1")}
        for command in ("subscribe", "sub_refresh"):
            assert command in reader.ask(command, **news)
        client = sockets.stranger()
        assert "connect" in client.connect(token=first.access_token)
        assert "subscribe" in client.ask("subscribe", channel="room:1")
        assert "history" in client.ask("history", channel="room:1", limit=1)
        assert "publish" in client.ask("publish", channel="typing:1", data=1)
        sockets.api.failing.add(typing.id)
        close_connection(sockets.backend, typing.id, ServerError())
        assert "refresh" in client.ask("refresh", token=first.access_token)
        for command in ("presence", "presence_stats"):
            assert command in client.ask(command, channel="room:1")
        assert "rpc" in client.ask("rpc", method="time")
        sockets.api.gone.add(other.id)
        other.leave()
        assert "publish" in client.ask("publish", channel="room:1", data=1)
        assert "unsubscribe" in client.ask("unsubscribe", channel="room:1")
        client.leave()
        sockets.stranger().send(json.dumps({"id": 1, "connect": {"token": ended.access_token}}))

    return act


def pages(moto: MotoBackend) -> Act:
    settings = replace(moto.backend.settings, api_docs=True)
    module = load_app("pages", replace(moto.backend, settings=settings))

    def act() -> None:
        for name in ("get-app", "get-app-config", "get-app-file", "get-docs", "get-openapi"):
            assert module.handler(sample(name), CONTEXT)["statusCode"] == 200

    return act


SCENARIOS: dict[str, Callable[[MotoBackend], Act]] = {
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
"""The scenario of each function, by the name of its folder."""
