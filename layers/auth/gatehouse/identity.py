"""Who somebody is: identifiers, the verified caller of a request, and e-mail addresses as names."""

import re
import secrets
from dataclasses import dataclass
from typing import NamedTuple

MAX_ADDRESS = 254
"""Characters of an e-mail address that fit into a mail's path (RFC 5321 section 4.5.3.1.3)."""

_ID = re.compile(r"[0-9a-f]{32}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!$%&'*+/=?^_`{}~-]+(\.[A-Za-z0-9!$%&'*+/=?^_`{}~-]+)*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whose access token was verified: user, session, and the token's end of life."""

    user_id: str
    session_id: str
    expires_at: int
    """Seconds since 1970."""


class Device(NamedTuple):
    """Where a request came from, as the gateway saw it; never from a header that can be forged."""

    address: str = ""
    user_agent: str = ""


class EmailAddress(NamedTuple):
    """An address as its owner writes it, and the one name that all its spellings share."""

    written: str
    canonical: str


def new_id() -> str:
    """128 random bits in hexadecimal: nobody guesses it, and no key separator can be in it."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether ``new_id`` could have made it."""
    return _ID.fullmatch(text) is not None


def parse_address(text: str) -> EmailAddress:
    """An e-mail address that mail can be sent to.

    The local part is ASCII without quotes and without ``#`` and ``|``, which keys are made with.
    It is checked before any normalisation: NFC would turn the Kelvin sign into a K, and one
    account's name into another's. The domain may be international; it becomes its IDNA form.

    Raises:
        ValueError: with a sentence for the user.
    """
    text = text.strip(" ")
    local, at, domain = text.rpartition("@")
    if not at or len(text) > MAX_ADDRESS or len(local) > 64:
        raise ValueError("is not an e-mail address")
    if not _LOCAL_PART.fullmatch(local):
        raise ValueError("has a part before the @ that is not supported")
    host = _idna(domain)
    if len(local) + 1 + len(host) > MAX_ADDRESS:
        # The IDNA form can be longer than what was written.
        raise ValueError("is not an e-mail address")
    return EmailAddress(f"{local}@{host}", f"{local.lower()}@{host}")


def _idna(domain: str) -> str:
    """The domain in lower case ASCII (RFC 5891, mapped by UTS 46), with at least two labels."""
    host = domain.lower() if domain.isascii() else _international(domain)
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("has a domain that is not valid")
    return host


def _international(domain: str) -> str:
    # The standard library knows IDNA of 2003 only, which takes "ß" for "ss": another domain.
    import idna

    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("has a domain that is not valid") from None
