"""The examples of the documents have the fields and the formats of what is really answered."""

import json
from dataclasses import replace
from typing import Any

import jwt
import pytest

from docs.generator.examples import INPUTS, OUTPUTS
from docs.generator.socket_examples import PUSHES, REPLIES
from gatehouse.errors import ConnectionExpired
from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import RULES, Rule, Rules, anyone
from harness.events import http
from harness.functions import load_app, serve
from harness.moto_backend import APP_TOKENS, MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.node import need_page
from tests.support.shapes import format_of, shape_of

ANSWERED_BY = {
    "Profile": ("profile", "get-profile"),
    "Tokens": ("login", "post-login"),
    "SessionList": ("sessions", "get-sessions"),
    "EventPage": ("sessions", "get-profile-events"),
    "Export": ("profile", "get-profile-export"),
    "Health": ("wellknown", "get-health"),
    "KeySet": ("wellknown", "get-jwks"),
    "ServerMetadata": ("wellknown", "get-openid-configuration"),
    "PageConfig": ("pages", "get-app-config"),
}
"""The function and the sample request that have each output as their answer."""


@pytest.mark.parametrize("name", OUTPUTS)
def test_example_of_an_output_has_the_formats_of_an_answer(name: str, moto: MotoBackend) -> None:
    if name == "PageConfig":
        need_page()
    moto.user("ada@example.com", name="Ada")
    sign_in = serve("login", moto.backend)(http("post-login"))
    function, sample = ANSWERED_BY[name]
    answer = serve(function, moto.backend)(http(sample, token=sign_in.json["access_token"]))
    assert shape_of(answer.json) == shape_of(OUTPUTS[name])


def test_tokens_of_example_inputs_have_the_formats_of_issued_ones(moto: MotoBackend) -> None:
    user = moto.user("ada@example.com")
    serve("passwords", moto.backend)(http("post-passwords-forgot"))
    (mail,) = moto.queued()
    link = mail["values"]["link"].partition("=")[2]
    issued = {
        "token": format_of(link),
        "refresh_token": format_of(moto.sign_in(user).refresh_token),
    }
    shown = {
        (model, field): format_of(value)
        for model, fields in INPUTS.items()
        for field, value in fields.items()
        if field in issued
    }
    # POST /revoke calls the refresh token ``token`` (RFC 7009 section 2.1).
    expected = {
        (model, field): issued["refresh_token" if model == "RevokeToken" else field]
        for model, field in shown
    }
    assert shown == expected


def _rules() -> Rules:
    return Rules((Rule(pattern="news:*", token=True, publish=anyone), *RULES.lines))


def _replies(moto: MotoBackend) -> dict[str, Any]:
    """Returns the result of each command, by its name, from one conversation."""
    moto.secrets.create_secret(Name=APP_TOKENS, SecretString="s" * 32)
    settings = replace(moto.backend.settings, token_secret=APP_TOKENS)
    sockets = SocketHarness(
        replace(moto, backend=replace(moto.backend, settings=settings, own_rules=_rules()))
    )
    user = moto.user()
    token = moto.access_token(user)
    client, room = sockets.stranger(), "room:lobby"
    claims = {"sub": user.id, "channel": "news:1", "exp": moto.clock.now() + 600}
    subscription = jwt.encode(claims, "s" * 32, algorithm="HS256")
    replies = {"connect": client.connect(token=token)["connect"]}
    replies["subscribe"] = client.result("subscribe", channel=room)
    client.result("subscribe", channel="news:1", token=subscription)
    replies["sub_refresh"] = client.result("sub_refresh", channel="news:1", token=subscription)
    replies["publish"] = client.result("publish", channel=room, data={"text": "hello"})
    replies["history"] = client.result("history", channel=room, limit=1)
    for command in ("presence", "presence_stats", "unsubscribe"):
        replies[command] = client.result(command, channel=room)
    replies["rpc"] = client.result("rpc", method="time")
    replies["refresh"] = client.result("refresh", token=token)
    return replies


def test_example_replies_have_the_formats_of_replies(moto: MotoBackend) -> None:
    assert shape_of(_replies(moto)) == shape_of(REPLIES)


def test_every_command_has_an_example_reply(moto: MotoBackend) -> None:
    assert set(load_app("realtime", moto.backend).socket.commands) == set(REPLIES)


def test_example_pushes_have_the_formats_of_pushes(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    member = sockets.member("room:lobby")
    other = sockets.member("room:lobby")
    other.result("publish", channel="room:lobby", data={"text": "hello"})
    other.result("unsubscribe", channel="room:lobby")
    close_connection(sockets.backend, member.id, ConnectionExpired())
    sent = [each["push"] for each in member.received if "push" in each]
    # A shard that finds a member without its position sends this; here it is made alone.
    text = pushes.unsubscribe("room:lobby", pushes.INSUFFICIENT_STATE)
    sent.append(json.loads(text)["push"])
    by_kind = {next(kind for kind in PUSHES if kind in push): shape_of(push) for push in sent}
    assert by_kind == {kind: shape_of(push) for kind, push in PUSHES.items()}
