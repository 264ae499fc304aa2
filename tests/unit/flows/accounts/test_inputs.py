"""What the inputs of flows accept."""

from typing import Any

import pytest
from pydantic import ValidationError

from gatehouse.flows.accounts.inputs import Email, GivenPassword, Input, Name
from gatehouse.identity import EmailAddress


class Everything(Input):
    email: Email = EmailAddress("", "")
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
