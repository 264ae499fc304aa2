"""What the inputs of flows accept."""

from typing import Any

import pytest
from pydantic import ValidationError

from gatehouse.flows.accounts.inputs import (
    Code,
    Email,
    GivenPassword,
    Input,
    KnownEmail,
    Name,
)
from gatehouse.identity import EmailAddress
from tests.support.texts import NO_CODES, PASTED_CODES


class Everything(Input):
    email: Email = EmailAddress("", "")
    known_email: KnownEmail = EmailAddress("", "")
    code: Code = ""
    password: GivenPassword = ""
    name: Name | None = None


def read(**fields: Any) -> Everything:
    return Everything.model_validate(fields)


def test_address_is_parsed() -> None:
    assert read(email="Ada@Example.com").email == EmailAddress("Ada@example.com", "ada@example.com")


@pytest.mark.parametrize(
    "value", [None, 1, [], {}, {"written": "a@b.co"}, ["a@b.co"], "x", b"a@b.co"]
)
def test_other_value_is_no_address(value: object) -> None:
    with pytest.raises(ValidationError):
        read(email=value)


def test_address_of_an_earlier_version_is_accepted_to_look_up_only() -> None:
    former = "eve%relay.example@example.com"
    assert read(known_email=former).known_email == EmailAddress(former, former)
    with pytest.raises(ValidationError):
        read(email=former)


@pytest.mark.parametrize("pasted", PASTED_CODES, ids=ascii)
def test_code_is_taken_from_what_is_pasted(pasted: str) -> None:
    assert read(code=pasted).code == "123456"


@pytest.mark.parametrize(
    "text", [*NO_CODES, 123456, None, ["123456"]], ids=lambda text: ascii(text)[:40]
)
def test_text_without_exactly_six_digits_is_no_code(text: object) -> None:
    with pytest.raises(ValidationError):
        read(code=text)


@pytest.mark.parametrize("name", ["Ada", "Ada Lovelace", "李", "O'Brien", "😀", "x" * 200])
def test_name_may_be_anything_that_can_be_shown(name: str) -> None:
    assert read(name=name).name == name


def test_name_has_no_spaces_around_it() -> None:
    assert read(name="  Ada ").name == "Ada"


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 201, "a\nb", "a\r\nb", "a\tb", "a\0b", "a\x1b[0m", "a\u202eb", 1, []]
)
def test_name_that_cannot_be_shown_is_refused(name: object) -> None:
    with pytest.raises(ValidationError):
        read(name=name)


@pytest.mark.parametrize("password", ["", "x", " x ", "🐘" * 64, "x" * 256])
def test_any_text_may_be_a_guess(password: str) -> None:
    assert read(password=password).password == password


@pytest.mark.parametrize("password", ["x" * 257, 123456, None, ["x"], {"$ne": ""}])
def test_guess_that_can_be_no_password_is_refused(password: object) -> None:
    with pytest.raises(ValidationError):
        read(password=password)


def test_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        read(role="admin")


def test_input_does_not_change() -> None:
    with pytest.raises(ValidationError):
        read().name = "x"


def test_error_does_not_show_what_was_sent() -> None:
    with pytest.raises(ValidationError) as refused:
        read(password=["swordfish"])
    assert "swordfish" not in str(refused.value)


def test_password_is_not_shown() -> None:
    assert "swordfish" not in repr(read(password="swordfish"))
