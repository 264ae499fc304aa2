"""What the inputs of flows have in common: strictness, and the fields that many of them share."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gatehouse.identity import MAX_ADDRESS, EmailAddress, parse_address
from gatehouse.passwords import MAX_CHARACTERS


class Input(BaseModel):
    """The body of a request: no unknown fields, no conversion between types."""

    # A function has several inputs, and its first request needs one: each is built when it is used.
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True
    )

    def __repr__(self) -> str:
        # Inputs hold passwords and tokens, and a trace may show their names.
        return f"{type(self).__name__}(...)"


def _address(value: object) -> EmailAddress:
    if not isinstance(value, str):
        raise ValueError("is not a string")
    return parse_address(value)


def _printable(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValueError("is empty")
    if not name.replace(" ", "x").isprintable():
        raise ValueError("has a character that cannot be shown")
    return name


Email = Annotated[
    EmailAddress,
    BeforeValidator(_address, json_schema_input_type=Annotated[str, Field(max_length=MAX_ADDRESS)]),
]
"""An e-mail address."""

LinkToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""The token of a mailed link."""

GivenPassword = Annotated[str, Field(max_length=MAX_CHARACTERS)]
"""A password that somebody claims to have: any text; whether it is right is said later."""

NewPassword = str
"""A password that somebody chooses; its rules are those of ``passwords.check_strength``."""

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
"""What somebody wants to be called."""
