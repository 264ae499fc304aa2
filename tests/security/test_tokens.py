"""Every kind of token is tried in every place that takes one, and every known forgery in the place
of the real token: only a genuine token of the right kind is accepted."""

import base64
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from gatehouse.tokens import ACCESS_LIFE
from harness.functions import Answer
from harness.moto_backend import PASSWORD, MotoBackend
from harness.socket_harness import SocketHarness
from tests.security.conftest import ADA, Watched, app_token, with_app_tokens
from tests.support.forgeries import EXPIRED, FORGERIES, Claims, signed

ALL_FORGERIES = FORGERIES | EXPIRED
Tokens = dict[str, str]


SUBSCRIPTION = "news:1"


@pytest.fixture
def tokens(strict_app: Watched) -> dict[str, str]:
    """A valid token of every kind. All but the one for verification are Ada's."""
    app = strict_app
    user = app.moto.user(ADA)
    session = app.tokens(ADA)
    app.register("new@example.com")
    app.ask("POST", "/passwords/forgot", {"email": ADA})
    move = {"new_email": "ada@example.org", "password": PASSWORD}
    assert app.ask("POST", "/emails/change", move, token=session["access_token"]).status == 202
    return {
        "access": session["access_token"],
        "refresh": session["refresh_token"],
        "verify": app.mailed_token("verify_email"),
        "reset": app.mailed_token("reset_password"),
        "move, old end": app.mailed_token("confirm_old_email"),
        "move, new end": app.mailed_token("confirm_new_email"),
        "app, connection": app_token(user.id),
        "app, subscription": app_token(user.id, channel=SUBSCRIPTION),
    }


def _get(app: Watched, token: str) -> Answer:
    return app.ask("GET", "/sessions", token=token)


def _refresh(app: Watched, token: str) -> Answer:
    return app.ask("POST", "/sessions/refresh", {"refresh_token": token})


# Slots: each function returns whether the token was accepted, and asserts how a refusal looks.


def _is_open(answer: Answer) -> bool:
    assert answer.status in (200, 204, 400, 401, 422)
    return answer.status < 300


def _put_bearer(app: Watched, tokens: Tokens, kind: str) -> bool:
    return _is_open(_get(app, tokens[kind]))


def _put_refresh(app: Watched, tokens: Tokens, kind: str) -> bool:
    return _is_open(_refresh(app, tokens[kind]))


def _put_grant(app: Watched, tokens: Tokens, kind: str) -> bool:
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = f"grant_type=refresh_token&refresh_token={tokens[kind]}"
    return _is_open(app.ask("POST", "/token", body, headers=form))


def _put_verify(app: Watched, tokens: Tokens, kind: str) -> bool:
    body = {"token": tokens[kind], "password": PASSWORD}
    return _is_open(app.ask("POST", "/register/verify", body))


def _put_reset(app: Watched, tokens: Tokens, kind: str) -> bool:
    body = {"token": tokens[kind], "password": "umbrella pickle gravel"}
    return _is_open(app.ask("POST", "/passwords/reset", body))


def _put_confirm(app: Watched, tokens: Tokens, kind: str) -> bool:
    return _is_open(app.ask("POST", "/emails/confirm", {"token": tokens[kind]}))


def _put_connect(app: Watched, tokens: Tokens, kind: str) -> bool:
    sockets = with_app_tokens(app.moto)
    client = sockets.stranger()
    client.tell(("connect", {"token": tokens[kind]}))
    assert client.disconnects == ([] if client.replies else [3500])
    return bool(client.replies)


def _put_socket_refresh(app: Watched, tokens: Tokens, kind: str) -> bool:
    client = with_app_tokens(app.moto).stranger()
    client.connect(token=tokens["access"])
    client.tell(("refresh", {"token": tokens[kind]}))
    opened = len(client.replies) == 2
    assert client.disconnects == ([] if opened else [3500])
    return opened


def _put_subscribe(app: Watched, tokens: Tokens, kind: str) -> bool:
    sockets = with_app_tokens(app.moto)
    client = sockets.stranger()
    client.connect(token=tokens["access"])
    reply = client.ask("subscribe", channel=SUBSCRIPTION, token=tokens[kind])
    opened = "subscribe" in reply
    assert opened or reply["error"]["code"] == 103
    assert bool(list(sockets.backend.realtime.members.of(SUBSCRIPTION, 0))) == opened
    return opened


def _put_sub_refresh(app: Watched, tokens: Tokens, kind: str) -> bool:
    client = with_app_tokens(app.moto).stranger()
    client.connect(token=tokens["access"])
    client.result("subscribe", channel=SUBSCRIPTION, token=tokens["app, subscription"])
    reply = client.ask("sub_refresh", channel=SUBSCRIPTION, token=tokens[kind])
    assert "sub_refresh" in reply or reply["error"]["code"] == 103
    return "sub_refresh" in reply


SLOTS: dict[str, tuple[Callable[[Watched, Tokens, str], bool], set[str]]] = {
    "access": (_put_bearer, {"access"}),
    "refresh": (_put_refresh, {"refresh"}),
    "refresh grant": (_put_grant, {"refresh"}),
    "verify": (_put_verify, {"verify"}),
    "reset": (_put_reset, {"reset"}),
    "confirm": (_put_confirm, {"move, old end", "move, new end"}),
    "connect": (_put_connect, {"access", "app, connection"}),
    "refresh of a connection": (_put_socket_refresh, {"access"}),
    "subscribe": (_put_subscribe, {"app, subscription"}),
    "refresh of a subscription": (_put_sub_refresh, {"app, subscription"}),
}
KINDS = (
    "access",
    "refresh",
    "verify",
    "reset",
    "move, old end",
    "move, new end",
    "app, connection",
    "app, subscription",
)


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("kind", KINDS)
def test_token_of_another_kind_opens_nothing(
    strict_app: Watched, tokens: dict[str, str], slot: str, kind: str
) -> None:
    put, right = SLOTS[slot]
    before = strict_app.items("LINK#")
    assert put(strict_app, tokens, kind) == (kind in right)
    assert kind in right or strict_app.items("LINK#") == before
    assert strict_app.opens(ADA, PASSWORD) == (not (slot == kind == "reset"))


def test_forgery_of_the_same_kind_would_be_good(
    app: Watched, sockets: SocketHarness, claims: Claims
) -> None:
    assert _get(app, signed(claims)).status == 200
    assert "connect" in sockets.stranger().connect(token=signed(claims))


@pytest.mark.parametrize("name", ALL_FORGERIES)
def test_forgery_opens_no_route(app: Watched, claims: Claims, name: str) -> None:
    before = len(app.items())
    answer = _get(app, ALL_FORGERIES[name](claims))
    assert answer.code == "invalid_token"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert len(app.items()) == before


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_opens_no_socket(sockets: SocketHarness, claims: Claims, name: str) -> None:
    client = sockets.stranger()
    client.tell(("connect", {"token": FORGERIES[name](claims)}))
    assert (client.replies, client.disconnects) == ([], [3500])
    assert client.is_closed
    assert sockets.stored() == []


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_opens_no_socket_that_takes_tokens_of_an_app(
    moto: MotoBackend, claims: Claims, name: str
) -> None:
    sockets = with_app_tokens(moto)
    client = sockets.stranger()
    client.tell(("connect", {"token": FORGERIES[name](claims)}))
    assert (client.replies, client.disconnects) == ([], [3500])
    assert sockets.stored() == []


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_does_not_prolong_a_connection(
    sockets: SocketHarness, claims: Claims, name: str
) -> None:
    client = sockets.stranger()
    assert "connect" in client.connect(token=signed(claims))
    client.tell(("refresh", {"token": FORGERIES[name](claims)}))
    assert (len(client.replies), client.disconnects) == (1, [3500])
    assert client.is_closed
    assert sockets.stored() == []


@pytest.mark.parametrize("name", EXPIRED)
def test_expired_token_opens_no_socket_and_may_be_replaced(
    sockets: SocketHarness, claims: Claims, name: str
) -> None:
    client = sockets.stranger()
    assert client.error("connect", token=EXPIRED[name](claims)) == 109
    assert not client.is_closed
    assert sockets.stored() == []
    assert "connect" in client.connect(token=signed(claims))


@pytest.mark.parametrize("name", EXPIRED)
def test_expired_token_does_not_prolong_a_connection(
    sockets: SocketHarness, claims: Claims, name: str
) -> None:
    client = sockets.stranger()
    client.connect(token=signed(claims))
    client.tell(("refresh", {"token": EXPIRED[name](claims)}))
    assert (len(client.replies), client.disconnects) == (1, [3005])
    assert sockets.stored() == []


@pytest.mark.parametrize("whose", ["another user", "another session"])
def test_token_of_somebody_else_does_not_prolong_a_connection(
    sockets: SocketHarness, whose: str
) -> None:
    user = sockets.moto.user()
    client = sockets.client(user)
    other = sockets.moto.user() if whose == "another user" else user
    client.tell(("refresh", {"token": sockets.moto.access_token(other)}))
    assert client.disconnects == [3500]
    assert sockets.stored() == []


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "bearer",
        "Basic YTpi",
        "Token {}",
        "{}",
        "Bearer {} {}",
        "Bearer\t{}",
    ],
)
def test_token_outside_its_place(app: Watched, claims: Claims, authorization: str) -> None:
    text = authorization.replace("{}", signed(claims))
    answer = app.ask("GET", "/sessions", headers={"authorization": text})
    assert answer.status == 401


@pytest.mark.parametrize("place", ["query", "cookie", "x-access-token", "body"])
def test_token_is_taken_from_no_other_place(app: Watched, claims: Claims, place: str) -> None:
    token = signed(claims)
    asked: dict[str, Any] = {"path": "/sessions"}
    if place == "query":
        asked["path"] = f"/sessions?access_token={token}"
    elif place == "cookie":
        asked["cookies"] = (f"access_token={token}",)
    elif place == "body":
        asked["body"] = f"access_token={token}"
    else:
        asked["headers"] = {place: token}
    answer = app.ask("GET", **asked)
    assert answer.code == "missing_token"
    assert "error" not in answer.headers["www-authenticate"]


@pytest.mark.parametrize("end", ["log out", "disable", "delete", "expire", "password"])
def test_token_of_somebody_who_is_gone(app: Watched, end: str) -> None:
    user = app.moto.user(ADA)
    token = app.tokens(ADA)
    access = token["access_token"]
    match end:
        case "log out":
            app.ask("POST", "/logout", {"refresh_token": token["refresh_token"]})
        case "disable":
            app.moto.disable(user)
        case "delete":
            answer = app.ask("DELETE", "/profile", {"password": PASSWORD}, token=access)
            assert answer.status == 204
        case "expire":
            app.moto.clock.advance(ACCESS_LIFE)
        case "password":
            other = app.tokens(ADA, address="203.0.113.6")["access_token"]
            body = {"current_password": PASSWORD, "new_password": "umbrella pickle gravel"}
            assert app.ask("PUT", "/password", body, token=other).status == 204
    for method, path, body_ in (
        ("GET", "/sessions", None),
        ("DELETE", "/sessions", None),
        ("GET", "/profile/events", None),
        ("GET", "/profile/export", None),
        (
            "PUT",
            "/password",
            {"current_password": PASSWORD, "new_password": "pickle gravel umbrella"},
        ),
        ("POST", "/emails/change", {"new_email": "e@example.org", "password": PASSWORD}),
        ("DELETE", "/profile", {"password": PASSWORD}),
    ):
        assert app.ask(method, path, body_, token=access).code == "invalid_token", path
    if end != "expire":
        assert _refresh(app, token["refresh_token"]).code == "invalid_grant"


REFRESH_TRICKS: dict[str, Callable[[list[str]], list[str]]] = {
    "counter up": lambda p: [p[0], p[1], p[2], "1", p[4]],
    "counter negative": lambda p: [p[0], p[1], p[2], "-1", p[4]],
    "counter huge": lambda p: [p[0], p[1], p[2], "9" * 5_000, p[4]],
    "counter text": lambda p: [p[0], p[1], p[2], "x", p[4]],
    "counter other digits": lambda p: [p[0], p[1], p[2], "\u0660", p[4]],
    "other user": lambda p: [p[0], "0" * 32, *p[2:]],
    "other session": lambda p: [p[0], p[1], "0" * 32, *p[3:]],
    "separator in the user": lambda p: [p[0], "x#y", *p[2:]],
    "unknown version": lambda p: ["r9", *p[1:]],
    "version current": lambda p: ["current", *p[1:]],
    "no version": lambda p: ["", *p[1:]],
    "no mac": lambda p: [*p[:4], ""],
    "mac padded": lambda p: [*p[:4], p[4] + "="],
    "mac in another case": lambda p: [*p[:4], p[4].swapcase()],
    "mac of nothing": lambda p: [*p[:4], "A" * 43],
    "one part more": lambda p: [*p, "x"],
    "one part less": lambda p: p[1:],
    "dots": lambda _: [""] * 5,
    "10 KB": lambda p: [*p[:4], "A" * 10_000],
    "unicode": lambda p: [*p[:4], "é" * 43],
}


@pytest.mark.parametrize("trick", REFRESH_TRICKS)
def test_forged_refresh_token_is_refused_before_any_read(app: Watched, trick: str) -> None:
    app.moto.user(ADA)
    good = app.tokens(ADA)["refresh_token"]
    forged = ".".join(REFRESH_TRICKS[trick](good.split(".")))
    app.wire.clear()
    assert _refresh(app, forged).code == "invalid_grant"
    touched = {
        call.request.get("Key", {}).get("pk", {}).get("S", "").split("#")[0]
        for call in app.wire.calls
    }
    assert "USER" not in touched
    assert app.ask("POST", "/logout", {"refresh_token": forged}).status == 204
    assert _refresh(app, good).status == 200


@pytest.mark.parametrize("path", ["/sessions/refresh", "/logout"])
def test_empty_refresh_token_is_refused_before_any_call(app: Watched, path: str) -> None:
    app.wire.clear()
    assert app.ask("POST", path, {"refresh_token": ""}).code == "invalid_input"
    assert not app.wire.calls


def test_refresh_token_of_another_purpose_with_our_key(app: Watched) -> None:
    app.moto.user(ADA)
    good = app.tokens(ADA)["refresh_token"]
    body = good.rpartition(".")[0]
    mac = hmac.digest(b"y" * 64, body.encode(), "sha256")
    forged = f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    assert _refresh(app, forged).code == "invalid_grant"
