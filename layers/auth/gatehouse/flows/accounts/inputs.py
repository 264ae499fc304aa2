"""The strict base class of all inputs of flows, and the fields that many of them share."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gatehouse.challenges import MAX_SOLUTION
from gatehouse.identity import MAX_ADDRESS, EmailAddress, parse_address
from gatehouse.passwords import MAX_CHARACTERS


class Input(BaseModel):
    """The body of a request. Unknown fields are refused, and no value is converted."""

    # A Lambda function has several inputs, but its first request needs only one of them. Each is
    # built on first use.
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True
    )

    def __repr__(self) -> str:
        # Inputs hold passwords and tokens. A traceback may show no more than the class name.
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
        raise ValueError("contains a character that is not printable")
    return name


def _not_empty(token: str) -> str:
    if not token:
        raise ValueError("is empty: send the refresh token, or omit it if the cookie carries it")
    return token


Email = Annotated[
    EmailAddress,
    BeforeValidator(_address, json_schema_input_type=Annotated[str, Field(max_length=MAX_ADDRESS)]),
]
"""An email address."""

LinkToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""The token in the link of an email."""

SessionToken = Annotated[str, AfterValidator(_not_empty), Field(json_schema_extra={"minLength": 1})]
"""A refresh token in a JSON body. Any other text is accepted here and verified later."""

GivenPassword = Annotated[str, Field(max_length=MAX_CHARACTERS)]
"""A password that a client claims to know. Any text is accepted here and verified later."""

NewPassword = str
"""A new password. ``passwords.check_strength`` applies its rules."""

Solution = Annotated[str, Field(max_length=MAX_SOLUTION)]
"""The solution of the challenge that the same request was refused with."""

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
"""The name that a user wants to be called by."""
