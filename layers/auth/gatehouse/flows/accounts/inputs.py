"""The strict base class of all inputs of flows, and the fields that many of them share."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gatehouse.challenges import MAX_SOLUTION
from gatehouse.identity import MAX_ADDRESS, EmailAddress, known_address, parse_address
from gatehouse.passwords import MAX_CHARACTERS

MAX_PASTED = 100
"""Characters of a text that a code is taken from: a line of an email."""

_CODE = re.compile(r"\D*(\d(?:[\W_]*\d){5})\D*")


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


def _address(parse: Callable[[str], EmailAddress]) -> Any:
    """Returns the validator of a field that one of the parsers of addresses reads."""

    def read(value: object) -> EmailAddress:
        if not isinstance(value, str):
            raise ValueError("must be a string")
        return parse(value)

    json_type = Annotated[str, Field(max_length=MAX_ADDRESS)]
    return BeforeValidator(read, json_schema_input_type=json_type)


def _code(pasted: str) -> str:
    """Returns the six digits of a code, in whatever script and with whatever around them.

    Nothing but blanks, dashes and other signs may be between them, and the text may have no other
    digit.
    """
    match = _CODE.fullmatch(pasted)
    if not match:
        raise ValueError("must have exactly six digits")
    return "".join(str(int(digit)) for digit in match[1] if digit.isdecimal())


def _not_empty(token: str) -> str:
    if not token:
        raise ValueError("is empty: send the refresh token, or omit it if the cookie carries it")
    return token


def _name(text: str) -> str:
    # Only two routes have a name.
    from gatehouse.names import parse_name

    return parse_name(text)


Email = Annotated[EmailAddress, _address(parse_address)]
"""An email address that is new to the service."""

KnownEmail = Annotated[EmailAddress, _address(known_address)]
"""An email address to look up. It may be of an account that an earlier version accepted."""

LinkToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""The token in the link of an email."""

SessionToken = Annotated[str, AfterValidator(_not_empty), Field(json_schema_extra={"minLength": 1})]
"""A refresh token in a JSON body. Any other text is accepted here and verified later."""


Code = Annotated[str, Field(max_length=MAX_PASTED), AfterValidator(_code)]
"""The six-digit code of an email, as it was pasted."""

GivenPassword = Annotated[str, Field(max_length=MAX_CHARACTERS)]
"""A password that a client claims to know. Any text is accepted here and verified later."""

NewPassword = str
"""A new password. ``passwords.check_strength`` applies its rules."""

Solution = Annotated[str, Field(max_length=MAX_SOLUTION)]
"""The solution of the challenge that the same request was refused with."""

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_name)]
"""The name that a user wants to be called by."""
