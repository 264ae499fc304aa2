"""Why Amazon SES refuses an email, and so what becomes of the email."""

import re
from enum import Enum

from gatehouse.identity import parse_address

_ADDRESS_CODES = frozenset({"BadRequestException", "InvalidParameterValue", "MessageRejected"})
_LOAD_CODES = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceErrorException",
        "LimitExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)

_OF_THE_OPERATOR = re.compile(r"verified|suspended|paused|authorized|content|header", re.I)
_OF_THE_ADDRESS = re.compile(
    r"\b(address|domain|local (name|part)|recipient|route-addr|blacklisted|suppress(ed|ion))\b",
    re.I,
)


class Cause(Enum):
    """What an email was refused for, and so what helps."""

    ADDRESS = "address"
    """The recipient's address: no later attempt can succeed."""
    OPERATOR = "operator"
    """The sandbox, the sender, the sending account, a permission or the email itself: attempts
    succeed once the operator has acted."""
    LOAD = "load"
    """Too many emails for now: a later attempt succeeds."""


def cause_of(code: str, reason: str, *, sender: str) -> Cause:
    """Returns what an email was refused for. What is not known is left to the operator.

    The codes are those of the operation SendEmail (Amazon SES API v2 Reference). It has one code
    for every invalid parameter and one for every rejected email, so the reason decides (Amazon SES
    Developer Guide, "Amazon SES email sending errors"). A reason about the form of an address does
    not always say whose address it is: it is the sender's unless that one is in order.

    Args:
        sender: the address that the email was sent from.
    """
    if code in _LOAD_CODES:
        return Cause.LOAD
    if code not in _ADDRESS_CODES or not _is_address(sender) or sender.lower() in reason.lower():
        return Cause.OPERATOR
    if _OF_THE_OPERATOR.search(reason) or not _OF_THE_ADDRESS.search(reason):
        return Cause.OPERATOR
    return Cause.ADDRESS


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True
