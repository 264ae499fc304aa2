"""Verified signatures are remembered. Times are checked on every call."""

from unittest.mock import patch

import jwt
import pytest

from gatehouse import tokens
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.tokens import ACCESS_LIFE, VerifiedTokens
from harness.moto_backend import START
from tests.support.forgery import SESSION, USER, forged, issue, private, signed, verify


def test_signature_is_verified_once() -> None:
    verified: VerifiedTokens = {}
    token = issue()
    with patch.object(jwt, "decode", wraps=jwt.decode) as decode:
        identities = [verify(token, verified=verified) for _ in range(3)]
    assert decode.call_count == 1
    assert {(each.user_id, each.session_id) for each in identities} == {(USER, SESSION)}


def test_remembered_token_expires() -> None:
    verified: VerifiedTokens = {}
    token = issue()
    verify(token, verified=verified)
    with pytest.raises(TokenExpired):
        verify(token, START + ACCESS_LIFE, verified=verified)


def test_remembered_token_of_a_clock_that_was_set_back_is_refused() -> None:
    verified: VerifiedTokens = {}
    token = issue()
    verify(token, verified=verified)
    with pytest.raises(InvalidToken):
        verify(token, START - 3_600, verified=verified)


@pytest.mark.parametrize(
    "token",
    [signed({"sub": USER}, private(), kid="x", typ="at+jwt"), forged(aud="other"), issue() + "A"],
    ids=["unknown key", "other audience", "changed signature"],
)
def test_refused_token_is_not_remembered(token: str) -> None:
    verified: VerifiedTokens = {}
    with pytest.raises(InvalidToken):
        verify(token, verified=verified)
    assert verified == {}


def test_changed_copy_of_a_remembered_token_is_refused() -> None:
    verified: VerifiedTokens = {}
    token = issue()
    verify(token, verified=verified)
    header, _, signature = token.split(".")
    other = forged(sub="0" * 31 + "c").split(".")[1]
    with pytest.raises(InvalidToken):
        verify(f"{header}.{other}.{signature}", verified=verified)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_VERIFIED_TOKENS", 3)
    verified: VerifiedTokens = {}
    for _ in range(10):
        verify(issue(), verified=verified)
        assert len(verified) <= 3
