"""Refresh tokens: only those issued with Gatehouse's keys are read."""

import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.errors import InvalidGrant
from gatehouse.tokens import MAX_TOKEN, RefreshKeys, RefreshToken, issue_refresh, verify_refresh
from tests.support.forgery import SESSION, USER, encoded

OLD = RefreshKeys("r1", {"r1": b"1" * 64})
KEYS = RefreshKeys("r2", {"r1": b"1" * 64, "r2": b"2" * 64})
PLACE = RefreshToken(USER, SESSION, 7)
TOKEN = issue_refresh(PLACE, KEYS)
MAC = TOKEN.rpartition(".")[2]


def test_refresh_token_stands_for_its_place() -> None:
    assert verify_refresh(TOKEN, KEYS) == PLACE


def test_refresh_token_is_the_same_for_the_same_place() -> None:
    assert issue_refresh(PLACE, KEYS) == TOKEN


def test_refresh_token_of_an_older_key_is_accepted() -> None:
    assert verify_refresh(issue_refresh(PLACE, OLD), KEYS) == PLACE


def test_refresh_token_of_a_retired_key_is_refused() -> None:
    with pytest.raises(InvalidGrant):
        verify_refresh(TOKEN, OLD)


def test_refresh_token_under_the_name_of_another_key_is_refused() -> None:
    with pytest.raises(InvalidGrant):
        verify_refresh(TOKEN.replace("r2.", "r1.", 1), KEYS)


def test_refresh_token_of_a_foreign_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(InvalidGrant):
        verify_refresh(issue_refresh(PLACE, RefreshKeys("r2", {"r2": b"3" * 64})), KEYS)


def test_mac_of_another_purpose_made_with_our_key_is_refused() -> None:
    body = TOKEN.rpartition(".")[0]
    mac = encoded(hmac.digest(KEYS.keys["r2"], body.encode(), "sha256"))
    with pytest.raises(InvalidGrant):
        verify_refresh(f"{body}.{mac}", KEYS)


@pytest.mark.parametrize(
    "place",
    [
        f"r2.{USER}.{SESSION}.8",
        f"r2.{USER}.{SESSION}.07",
        f"r2.{SESSION}.{USER}.7",
        f"r2.{USER}.{SESSION}",
        f"r2.{USER}.{SESSION}.7.7",
        f"r2.{USER}{SESSION}..7",
    ],
)
def test_forged_place_under_an_old_mac_is_refused(place: str) -> None:
    with pytest.raises(InvalidGrant):
        verify_refresh(f"{place}.{MAC}", KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "....",
        "current.a.b.0.c",
        TOKEN[:-1],
        TOKEN + "=",
        TOKEN + " ",
        f" {TOKEN}",
        TOKEN + "." * MAX_TOKEN,
        TOKEN.replace(MAC, ""),
        TOKEN.replace(MAC, "é" * len(MAC)),
        TOKEN.replace(".7.", ".\u0667."),
        "a.b.c",
    ],
)
def test_text_that_is_no_refresh_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidGrant):
        verify_refresh(text, KEYS)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_refresh_token_with_one_character_changed_is_refused(place: int, char: str) -> None:
    changed = TOKEN[:place] + char + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises(InvalidGrant):
        verify_refresh(changed, KEYS)


def test_cut_refresh_token_is_refused() -> None:
    for length in range(len(TOKEN)):
        with pytest.raises(InvalidGrant):
            verify_refresh(TOKEN[:length], KEYS)


def test_keys_are_not_shown() -> None:
    assert "2222" not in repr(KEYS)
