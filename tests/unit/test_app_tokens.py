"""The app's own tokens."""

from typing import Any

import jwt
import pytest

from gatehouse.app_tokens import (
    MAX_TOKEN,
    ConnectionClaims,
    SubscriptionClaims,
    is_app_token,
    verify_connection,
    verify_subscription,
)
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.keyring import load_private
from harness.moto_backend import START, ring

SECRET = b"s" * 32
NOW = START


def a_token(secret: bytes = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    return jwt.encode({"sub": "ada", "exp": NOW + 60, **claims}, secret, algorithm=algorithm)


def connection(token: str) -> ConnectionClaims:
    return verify_connection(token, secret=SECRET, now=NOW)


def subscription(token: str) -> SubscriptionClaims:
    return verify_subscription(token, secret=SECRET, now=NOW)


def test_connection_token_says_who_and_for_how_long() -> None:
    token = a_token(info={"name": "Ada"}, channels=["news"], subs={"chat": {}})
    assert connection(token) == ConnectionClaims(
        user_id="ada", expires_at=NOW + 60, info={"name": "Ada"}, channels=("news", "chat")
    )


def test_subscription_token_says_for_which_channel() -> None:
    assert subscription(a_token(channel="room:1", info=1)) == SubscriptionClaims(
        user_id="ada", channel="room:1", expires_at=NOW + 60, info=1
    )


def test_token_without_a_user_is_for_nobody_in_particular() -> None:
    token = jwt.encode({}, SECRET, algorithm="HS256")
    assert connection(token) == ConnectionClaims(user_id="", expires_at=None)


@pytest.mark.parametrize(("expire_at", "end"), [(0, None), (NOW + 600, NOW + 600)])
def test_life_of_the_connection_can_be_told_apart(expire_at: int, end: int | None) -> None:
    assert connection(a_token(expire_at=expire_at)).expires_at == end


@pytest.mark.parametrize("claims", [{"exp": NOW}, {"exp": NOW - 1}, {"expire_at": NOW - 1}])
def test_token_that_has_ended_is_expired(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenExpired):
        connection(a_token(**claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": 7},
        {"sub": ["ada"]},
        {"sub": "a" * 256},
        {"exp": "tomorrow"},
        {"exp": 1e30},
        {"exp": NOW + 0.5},
        {"exp": True},
        {"exp": -1},
        {"exp": 2**60},
        {"expire_at": "0"},
        {"nbf": NOW + 60},
        {"nbf": "now"},
        {"iat": "now"},
        {"channels": "news"},
        {"channels": [1]},
        {"subs": ["news"]},
        {"channel": "room:1"},
    ],
)
def test_connection_token_with_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        connection(a_token(**claims))


@pytest.mark.parametrize("channel", [None, "", 1, ["room:1"]])
def test_subscription_token_without_a_channel_is_refused(channel: object) -> None:
    with pytest.raises(InvalidToken):
        subscription(a_token(channel=channel))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_token_of_another_hash_is_refused(algorithm: str) -> None:
    with pytest.raises(InvalidToken):
        connection(a_token(b"s" * 64, algorithm))


def test_token_of_another_secret_is_refused() -> None:
    with pytest.raises(InvalidToken):
        connection(a_token(b"t" * 32))


def test_alg_none_is_refused() -> None:
    with pytest.raises(InvalidToken):
        connection(jwt.encode({"sub": "ada"}, "", algorithm="none"))


def test_nothing_is_accepted_without_a_secret() -> None:
    token = jwt.encode({"sub": "ada"}, b"x" * 32, algorithm="HS256")
    with pytest.raises(InvalidToken):
        verify_connection(token, secret=b"", now=NOW)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "\u00e9", "x" * (MAX_TOKEN + 1)])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        connection(token)


def test_access_token_is_no_token_of_the_app() -> None:
    key = load_private(ring().current)
    assert not is_app_token(jwt.encode({}, key, algorithm="RS256", headers={"typ": "at+jwt"}))


def test_key_confusion_is_told_apart_by_the_type() -> None:
    # HS256, but with the header type of an access token.
    assert not is_app_token(jwt.encode({}, SECRET, algorithm="HS256", headers={"typ": "at+jwt"}))
