"""Apply the password rules, and report where the input breaks them."""

import pytest

from gatehouse.errors import InvalidInput, Problem
from gatehouse.flows.accounts.choose_password import hash_chosen
from gatehouse.passwords import verify_password
from harness.moto_backend import PASSWORD, MotoBackend, moto_backend


def refused(moto: MotoBackend, password: str, **options: object) -> Problem:
    with pytest.raises(InvalidInput) as refusal:
        hash_chosen(moto.backend, password, **options)  # type: ignore[arg-type]
    (problem,) = refusal.value.problems
    return problem


def test_chosen_password_fits_its_hash(moto: MotoBackend) -> None:
    stored = hash_chosen(moto.backend, PASSWORD)
    assert verify_password(PASSWORD, stored, moto.backend.keys.peppers, cost=4)


def test_hash_has_the_cost_of_the_settings(moto: MotoBackend) -> None:
    assert "$2b$04$" in hash_chosen(moto.backend, PASSWORD)


def test_short_password_is_refused_with_a_sentence(moto: MotoBackend) -> None:
    assert refused(moto, "short") == Problem("/password", "has fewer than 15 characters")


def test_place_of_the_password_is_told(moto: MotoBackend) -> None:
    assert refused(moto, "short", pointer="/new_password").pointer == "/new_password"


def test_text_about_the_owner_is_refused(moto: MotoBackend) -> None:
    about = ("ada.lovelace.1815@example.com",)
    assert "email" in refused(moto, "ADA.lovelace.1815@example.com", about=about).detail


def test_least_length_is_a_setting() -> None:
    with moto_backend(min_password_length=8) as moto:
        assert hash_chosen(moto.backend, "x7Gq-2pL")


def test_common_password_is_refused_where_short_ones_are_allowed() -> None:
    with moto_backend(min_password_length=8) as moto:
        assert "too easy to guess" in refused(moto, "password1").detail
