"""Settings from an environment."""

from dataclasses import dataclass, fields

import pytest

from gatehouse.settings import _READERS, Settings


def read(**environment: str) -> Settings:
    return Settings.from_environment(environment)


def test_missing_variables_keep_their_defaults() -> None:
    assert read() == Settings()


def test_variables_of_others_are_ignored() -> None:
    assert read(PATH="/bin", AWS_REGION="eu-central-1") == Settings()


def test_variable_has_the_name_of_its_field_in_capitals() -> None:
    assert read(ACCOUNTS_TABLE="accounts").accounts_table == "accounts"


def test_lower_case_variable_is_another_variable() -> None:
    assert read(accounts_table="accounts").accounts_table == ""


def test_numbers_are_read_as_numbers() -> None:
    assert read(MIN_PASSWORD_LENGTH="8").min_password_length == 8


def test_number_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="LIMIT_FACTOR is not valid: 'many'"):
        read(LIMIT_FACTOR="many")


def test_new_field_is_read_by_its_type_without_a_reader_of_its_own() -> None:
    @dataclass(frozen=True)
    class More(Settings):
        session_days: int = 30

    assert More.from_environment({"SESSION_DAYS": "7"}).session_days == 7


def test_every_field_has_a_type_that_can_be_read() -> None:
    assert {each.type for each in fields(Settings)} <= set(_READERS)


def test_origins_are_separated_by_commas() -> None:
    origins = read(ALLOWED_ORIGINS="https://a.example, https://b.example/,").allowed_origins
    assert origins == ("https://a.example", "https://b.example")


def test_no_origins_are_none() -> None:
    assert read(ALLOWED_ORIGINS="").allowed_origins == ()


@pytest.mark.parametrize("text", ["https://api.example.com", "https://api.example.com/"])
def test_public_url_has_no_slash_at_its_end(text: str) -> None:
    assert read(PUBLIC_URL=text).public_url == "https://api.example.com"


def test_required_setting_is_given() -> None:
    assert read(MAIL_FROM="a@example.com").require("mail_from") == "a@example.com"


@pytest.mark.parametrize("environment", [{}, {"PEPPER_SECRET": ""}])
def test_missing_required_setting_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(LookupError, match="PEPPER_SECRET is not set"):
        read(**environment).require("pepper_secret")


def test_passwords_are_hard_to_search_by_default() -> None:
    assert (Settings().password_hash_cost, Settings().min_password_length) == (12, 15)


@pytest.mark.parametrize(("text", "on"), [("true", True), ("false", False)])
def test_verification_of_addresses_is_on_or_off(text: str, on: bool) -> None:
    assert read(REQUIRE_VERIFIED_EMAIL=text).require_verified_email is on


@pytest.mark.parametrize("text", ["", "True", "False", "0", "1", "yes"])
def test_verification_is_not_switched_by_any_other_word(text: str) -> None:
    with pytest.raises(ValueError, match="REQUIRE_VERIFIED_EMAIL is not valid"):
        read(REQUIRE_VERIFIED_EMAIL=text)


@pytest.mark.parametrize("mode", ["never", "under-load", "always"])
def test_mode_of_challenges_is_one_of_three(mode: str) -> None:
    assert read(CHALLENGE=mode).challenge == mode


@pytest.mark.parametrize("name", ["CHALLENGE", "CHALLENGE_PROVIDER"])
@pytest.mark.parametrize("text", ["", "Never", "off", "false", "under_load", "recaptcha"])
def test_challenge_is_not_switched_by_any_other_word(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is not valid"):
        read(**{name: text})


def test_challenge_is_a_proof_of_work_under_load_by_default() -> None:
    assert (read().challenge, read().challenge_provider) == ("under-load", "altcha")


def test_limits_are_multiplied_where_it_is_asked_for() -> None:
    assert (read().limit_factor, read(LIMIT_FACTOR="1000").limit_factor) == (1, 1000)
