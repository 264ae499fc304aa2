"""Identifiers, the verified caller of a request, and email addresses as account names."""

import re
import secrets
from dataclasses import dataclass
from typing import NamedTuple

MAX_ADDRESS = 254
"""Maximum characters of an email address that fits into an SMTP path (RFC 5321 section
4.5.3.1.3)."""

_GMAIL = ("gmail.com", "googlemail.com")
_ID = re.compile(r"[0-9a-f]{32}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!$%&'*+/=?^_`{}~-]+(\.[A-Za-z0-9!$%&'*+/=?^_`{}~-]+)*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller whose access token was verified: user, session and the token's expiry."""

    user_id: str
    session_id: str
    expires_at: int
    """Seconds since 1970."""


class Device(NamedTuple):
    """The origin of a request.

    API Gateway observes the address, so that no client can forge it. The user agent is the client's
    own claim.
    """

    address: str = ""
    user_agent: str = ""


class EmailAddress(NamedTuple):
    """An address as its owner writes it, and the canonical form that all its spellings share."""

    written: str
    canonical: str


def new_id() -> str:
    """Returns 128 random bits in hexadecimal: unguessable, and without key separators."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether the text has the form of an ID from ``new_id``."""
    return _ID.fullmatch(text) is not None


def parse_address(text: str) -> EmailAddress:
    """Parses an email address that mail can be sent to.

    The local part is ASCII without quotes and without ``#`` and ``|``, which keys are built with.
    It is checked before any normalization: NFC would turn the Kelvin sign into a K, and so one
    account's name into another's. The domain may be international and is converted to IDNA.

    Raises:
        ValueError: the text is not such an address. The message is written for the user.
    """
    text = text.strip(" ")
    local, at, domain = text.rpartition("@")
    if not at or len(text) > MAX_ADDRESS or len(local) > 64:
        raise ValueError("is not an email address")
    if not _LOCAL_PART.fullmatch(local):
        raise ValueError("has an unsupported part before the @")
    host = _idna(domain)
    if len(local) + 1 + len(host) > MAX_ADDRESS:
        # The IDNA form can be longer than the text.
        raise ValueError("is not an email address")
    return EmailAddress(f"{local}@{host}", f"{local.lower()}@{host}")


def mailbox(canonical: str) -> str:
    """Returns a name that the aliases of one mailbox share, for counting mails only.

    Aliases stay different accounts: only the mail system knows for certain which addresses it
    delivers to one mailbox. Counting can be less certain, because two mailboxes that share a
    counter lose nothing but some of its attempts.

    - ``+tag`` behind the name is an alias at nearly every provider that has aliases (RFC 5233).
    - Dots mean nothing at Gmail, under both of its domains. Elsewhere they distinguish people.
    - Domains whose every address is one mailbox cannot be recognized. The budget of all mails to
      strangers covers them.
    """
    local, _, domain = canonical.rpartition("@")
    name = local.partition("+")[0] or local
    if domain in _GMAIL:
        return f"{name.replace('.', '')}@{_GMAIL[0]}"
    return f"{name}@{domain}"


def _idna(domain: str) -> str:
    """Returns a domain of at least two labels in lowercase ASCII (RFC 5891, mapped by UTS 46)."""
    host = domain.lower() if domain.isascii() else _international(domain)
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("has an invalid domain")
    return host


def _international(domain: str) -> str:
    # The standard library implements only IDNA 2003, which maps "ß" to "ss": another domain.
    import idna

    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("has an invalid domain") from None
