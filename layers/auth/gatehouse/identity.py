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

_BREAKS = r"\n\v\f\r\x85\u2028\u2029"
_SPACES = r"\t \xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = r"\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_AROUND = f"[{_BREAKS}{_SPACES}{_INVISIBLE}]"
_TRIMMED = rf"\A{_AROUND}+|(?<!{_AROUND}){_AROUND}+\Z"
"""What mail programs and web pages paste around an address."""

_FLAWS = (
    (f"[{_BREAKS}]", "contains a line break"),
    (f"[{_SPACES}]", "contains a space"),
    (f"[{_INVISIBLE}]", "contains an invisible character"),
    (r"(?i)\Amailto:", "begins with mailto:, which is not part of the address"),
    (r"[<>]", "contains an angle bracket: give only what is between < and >"),
    (r"[,;]", "contains a comma or a semicolon: give one address"),
    (r"[\"()\\]", "contains a quotation mark, parenthesis or backslash"),
    (r"[\[\]]", "has an IP address in place of a domain"),
    (r"\A[^@]*\Z", "is not an email address"),
    (r"@.*@", "contains more than one @"),
    (r"\A@", "has nothing before the @"),
    (r"@\Z", "has no domain after the @"),
    (
        r"\A\.|\.@|\.\..*@",
        "has a dot at the start or end of the part before the @, or two in a row",
    ),
    (r"[^\x00-\x7f].*@", "has a letter other than a to z before the @"),
    (r"@[^.\u3002\uff0e\uff61]*\Z", "has a domain without a dot"),
    (r"@\.|@.*\.\.", "has a dot at the start of its domain, or two in a row"),
    (r"\.\Z", "ends with a dot"),
)
"""Mistakes in a text that is no address, and how each is explained. The first that fits counts."""

_AMBIGUOUS = (
    (r"=\?|\?=|\A(?i:xn--)", "has an encoded word before the @"),
    (r"[%!]", "has a % or ! before the @, which mail systems read as a route"),
    (r"\A[-/]|`|\$\{", "has a form before the @ that mail systems may read as a command"),
)
"""Local parts that have another meaning to some mail systems: they decode encoded words (RFC 2047),
forward along routes (RFC 5321 appendix F.2), open files and pipes, or pass options to programs."""

_NO_MAIL = frozenset({"alt", "arpa", "internal", "invalid", "local", "localhost", "onion"})
"""Top-level domains that no mail can be sent to (RFC 6761, 6762, 7686, 9476, 3172, and ICANN's
resolution on ``internal``). RFC 6761 asks applications to treat the other reserved names, ``test``
and ``example``, like any domain."""


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
    """Parses an email address that is new to the service and that mail will be sent to.

    In addition to the rules of ``known_address``, no mail system may be able to read the address in
    another way, and its domain must be one that can receive mail.

    Raises:
        ValueError: the text is not such an address. The message is written for the user.
    """
    address = known_address(text)
    local, _, host = address.written.rpartition("@")
    _check(local, _AMBIGUOUS)
    _check_domain(host.split("."))
    return address


def known_address(text: str) -> EmailAddress:
    """Parses an email address to look up an account, by the rules of all versions so far.

    An account whose address ``parse_address`` would refuse today can still be found by it.

    The local part is ASCII without quotes and without ``#`` and ``|``, which keys are built with.
    It is checked before any normalization: NFC would turn the Kelvin sign into a K, and so one
    account's name into another's. The domain may be international and is converted to IDNA. Spaces
    and invisible characters around the address are dropped.

    Raises:
        ValueError: the text is not such an address. The message is written for the user.
    """
    text = re.sub(_TRIMMED, "", text)
    local, _, domain = text.rpartition("@")
    if len(text) > MAX_ADDRESS or len(local) > 64:
        raise ValueError("is not an email address")
    _check(text, _FLAWS)
    if not _LOCAL_PART.fullmatch(local):
        raise ValueError("has an unsupported character before the @")
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


def _check(text: str, flaws: tuple[tuple[str, str], ...]) -> None:
    for pattern, explanation in flaws:
        if re.search(pattern, text):
            raise ValueError(explanation)


def _check_domain(labels: list[str]) -> None:
    *_, top = labels
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", top):
        raise ValueError("has an IP address in place of a domain")
    if top in _NO_MAIL:
        raise ValueError("has a domain that cannot receive mail")
    if not re.fullmatch(r"[a-z]{2,}|xn--.*", top) or not all(map(_is_decodable, labels)):
        raise ValueError("has an invalid domain")


def _is_decodable(label: str) -> bool:
    """Whether a label is not in Punycode, or is what IDNA makes of the text that it stands for."""
    if not label.startswith("xn--"):
        return True
    import idna

    try:
        return idna.alabel(idna.ulabel(label)) == label.encode()
    except UnicodeError:
        return False


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
