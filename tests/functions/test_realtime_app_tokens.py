"""The socket of an app that issues its own tokens."""

from dataclasses import replace
from typing import Any

import jwt
import pytest

from gatehouse.realtime.channels import RULES, Rule, Rules, anyone
from gatehouse.stores.connections import GRACE
from harness.moto_backend import APP_TOKENS, START, MotoBackend, moto_backend
from harness.socket_harness import Client, SocketHarness

SECRET = "s" * 32
NEWS = Rule(pattern="news:*", token=True, publish=anyone, presence=anyone)


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return a_hall(moto)


def a_hall(moto: MotoBackend, secret: str = SECRET) -> SocketHarness:
    moto.secrets.create_secret(Name=APP_TOKENS, SecretString=secret)
    backend = replace(
        moto.backend,
        settings=replace(moto.backend.settings, token_secret=APP_TOKENS),
        own_rules=Rules((NEWS, *RULES.lines)),
    )
    return SocketHarness(replace(moto, backend=backend))


def a_token(**claims: Any) -> str:
    return jwt.encode({"sub": "ada", "exp": START + 60, **claims}, SECRET, algorithm="HS256")


def connected(sockets: SocketHarness, **claims: Any) -> Client:
    client = sockets.stranger()
    assert "connect" in client.connect(token=a_token(**claims)), client.received
    return client


def subscription(**claims: Any) -> str:
    return a_token(channel="news:1", **claims)


# connect


def test_connect_answers_for_how_long(sockets: SocketHarness) -> None:
    reply = sockets.stranger().connect(token=a_token())["connect"]
    assert (reply["expires"], reply["ttl"]) == (True, 60)
    assert list(reply["subs"]) == ["user:ada"]


def test_connect_with_a_token_without_an_end_never_expires(sockets: SocketHarness) -> None:
    token = jwt.encode({"sub": "ada"}, SECRET, algorithm="HS256")
    reply = sockets.stranger().connect(token=token)["connect"]
    assert "expires" not in reply
    assert "ttl" not in reply


def test_connect_puts_the_client_into_the_channels_of_its_token(sockets: SocketHarness) -> None:
    client = connected(sockets, channels=["news:1", "unheard-of", "news:1"])
    sockets.client().result("publish", channel="news:1", data="hi")
    assert client.publications == ["hi"]


def test_connect_of_nobody_in_particular_is_in_no_channel_of_its_own(
    sockets: SocketHarness,
) -> None:
    reply = sockets.stranger().connect(token=a_token(sub=""))["connect"]
    assert reply["subs"] == {}


def test_others_are_told_what_the_token_says_of_its_user(sockets: SocketHarness) -> None:
    client = connected(sockets, info={"name": "Ada"})
    client.ask("subscribe", channel="room:1")
    (info,) = client.result("presence", channel="room:1")["presence"].values()
    assert (info["user"], info["conn_info"]) == ("ada", {"name": "Ada"})


def test_connect_with_an_expired_token_answers_109(sockets: SocketHarness) -> None:
    assert sockets.stranger().error("connect", token=a_token(exp=START)) == 109


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode({"sub": "ada"}, "t" * 32, algorithm="HS256"),
        jwt.encode({"sub": "ada"}, "", algorithm="none"),
        a_token(sub=7),
        subscription(),
    ],
    ids=["another secret", "none", "a number", "a subscription"],
)
def test_connect_with_an_invalid_token_ends_the_connection(
    sockets: SocketHarness, token: str
) -> None:
    client = sockets.stranger()
    client.tell(("connect", {"token": token}))
    assert client.disconnects == [3500]


def test_access_tokens_open_the_socket_all_the_same(sockets: SocketHarness) -> None:
    sockets.client()


def test_tokens_of_an_app_are_refused_where_there_is_no_secret(moto: MotoBackend) -> None:
    client = SocketHarness(moto).stranger()
    client.tell(("connect", {"token": a_token()}))
    assert client.disconnects == [3500]


def test_secret_that_is_too_short_opens_nothing() -> None:
    with moto_backend() as moto:
        client = a_hall(moto, "s" * 31).stranger()
        assert client.error("connect", token=a_token()) == 100


# refresh


def test_refresh_gives_the_connection_the_life_of_the_new_token(sockets: SocketHarness) -> None:
    client = connected(sockets)
    assert client.result("refresh", token=a_token(exp=START + 600))["ttl"] == 600
    sockets.moto.clock.advance(60 + GRACE)
    assert client.result("presence_stats", channel="room:1")["num_clients"] == 0


def test_refresh_for_another_user_ends_the_connection(sockets: SocketHarness) -> None:
    client = connected(sockets)
    client.tell(("refresh", {"token": a_token(sub="bob")}))
    assert client.disconnects == [3500]


# Subscription tokens.


def test_subscribe_with_its_token_answers_for_how_long(sockets: SocketHarness) -> None:
    reply = connected(sockets).result("subscribe", channel="news:1", token=subscription())
    assert (reply["expires"], reply["ttl"]) == (True, 60)


def test_subscription_without_an_end_does_not_expire(sockets: SocketHarness) -> None:
    token = subscription(expire_at=0)
    assert "expires" not in connected(sockets).result("subscribe", channel="news:1", token=token)


def test_others_are_told_what_the_subscription_s_token_says(sockets: SocketHarness) -> None:
    client = connected(sockets)
    client.result("subscribe", channel="news:1", token=subscription(info={"role": "editor"}))
    (info,) = client.result("presence", channel="news:1")["presence"].values()
    assert info["chan_info"] == {"role": "editor"}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage",
        a_token(),
        a_token(channel="news:10"),
        subscription(sub="bob"),
        jwt.encode({"sub": "ada", "channel": "news:1"}, "t" * 32, algorithm="HS256"),
    ],
    ids=["none", "garbage", "a connection's", "another channel's", "another user's", "forged"],
)
def test_subscribe_with_another_token_answers_103(sockets: SocketHarness, token: str) -> None:
    client = connected(sockets)
    assert client.error("subscribe", channel="news:1", token=token) == 103
    assert list(sockets.backend.realtime.members.of("news:1", 0)) == []


def test_subscribe_with_an_expired_token_answers_109(sockets: SocketHarness) -> None:
    client = connected(sockets)
    assert client.error("subscribe", channel="news:1", token=subscription(exp=START)) == 109


def test_subscribe_with_an_access_token_answers_103(sockets: SocketHarness) -> None:
    token = sockets.moto.access_token(sockets.moto.user())
    assert connected(sockets).error("subscribe", channel="news:1", token=token) == 103


def test_sub_refresh_gives_the_subscription_the_life_of_the_new_token(
    sockets: SocketHarness,
) -> None:
    client = connected(sockets, exp=START + 3_600)
    client.result("subscribe", channel="news:1", token=subscription())
    reply = client.result("sub_refresh", channel="news:1", token=subscription(exp=START + 600))
    assert reply == {"expires": True, "ttl": 600}
    sockets.moto.clock.advance(60 + GRACE)
    client.result("publish", channel="news:1", data="hi")
    assert client.publications == ["hi"]


def test_subscription_that_was_not_refreshed_gets_nothing(sockets: SocketHarness) -> None:
    client = connected(sockets, exp=START + 3_600)
    client.result("subscribe", channel="news:1", token=subscription())
    sockets.moto.clock.advance(60 + GRACE)
    client.result("publish", channel="news:1", data="hi")
    assert client.publications == []
    assert [each["code"] for each in client.pushes("unsubscribe")] == [2501]


def test_sub_refresh_of_where_one_is_not_answers_103(sockets: SocketHarness) -> None:
    client = connected(sockets)
    assert client.error("sub_refresh", channel="news:1", token=subscription()) == 103


def test_tokens_without_an_end_take_the_end_away(sockets: SocketHarness) -> None:
    client = connected(sockets)
    client.result("subscribe", channel="news:1", token=subscription())
    assert "ttl" not in client.result("refresh", token=a_token(expire_at=0))
    token = subscription(expire_at=0)
    assert client.result("sub_refresh", channel="news:1", token=token) == {}
    sockets.moto.clock.advance(10**6)
    client.result("publish", channel="news:1", data="hi")
    assert client.publications == ["hi"]
