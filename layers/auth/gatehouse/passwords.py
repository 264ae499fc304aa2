"""Password rules and hashes, as decisions without I/O.

A password is hashed as ``bcrypt(base64(HMAC-SHA384(pepper, NFC(password))))``: the 64 characters
that bcrypt sees never meet its limit of 72 bytes, so two long passwords are two passwords, and a
stolen table alone cannot be searched. (NIST SP 800-63B-4 section 3.1.1.2; OWASP ASVS 5.0 V6.2,
V11.4.)
"""

import base64
import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import bcrypt

from gatehouse.errors import Unavailable

MAX_CHARACTERS = 256
MAX_BYTES = 1024
"""Enough for any passphrase, and too little to make hashing a weapon."""

_SCHEME = "gh1"


@dataclass(frozen=True, slots=True)
class Peppers:
    """The secret keys of password hashes by their id, and the id of the one in use.

    Old ones stay readable: a hash names its own, and is renewed at the next sign-in.
    """

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Peppers(current={self.current!r})"


def check_strength(password: str, *, minimum: int) -> None:
    """Accepts any password of ``minimum`` code points or more; there are no rules of composition.

    Raises:
        ValueError: with a sentence for the user.
    """
    if len(password) < minimum:
        raise ValueError(f"has fewer than {minimum} characters")
    if len(password) > MAX_CHARACTERS or len(password.encode()) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_CHARACTERS} characters or {MAX_BYTES} bytes")


def hash_password(password: str, peppers: Peppers, *, cost: int) -> str:
    """``gh1:<pepper id>:<bcrypt hash>``: scheme, pepper and cost are told by the hash itself."""
    digest = bcrypt.hashpw(_peppered(password, peppers, peppers.current), bcrypt.gensalt(cost))
    return f"{_SCHEME}:{peppers.current}:{digest.decode('ascii')}"


def verify_password(password: str, stored: str | None, peppers: Peppers, *, cost: int) -> bool:
    """Whether the password is the stored one, at the price of exactly one hash in every case.

    Args:
        stored: None for somebody who has no password or does not exist; the answer is False then,
            after a hash of the same cost, so that the time tells nothing.
    """
    scheme, pepper_id, digest = (stored or "").partition(":")[0], *_split(stored)
    if scheme != _SCHEME or not digest:
        bcrypt.checkpw(_peppered(password, peppers, peppers.current), _dummy(cost))
        return False
    return bcrypt.checkpw(_peppered(password, peppers, pepper_id), digest)


def is_behind(stored: str, peppers: Peppers, *, cost: int) -> bool:
    """Whether a hash has an older pepper or another cost than new ones, and wants to be renewed."""
    pepper_id, digest = _split(stored)
    return pepper_id != peppers.current or not digest.startswith(b"$2b$%02d$" % cost)


def _split(stored: str | None) -> tuple[str, bytes]:
    _, _, rest = (stored or "").partition(":")
    pepper_id, _, digest = rest.partition(":")
    return pepper_id, digest.encode("ascii")


def _peppered(password: str, peppers: Peppers, pepper_id: str) -> bytes:
    key = peppers.keys.get(pepper_id)
    if key is None:
        raise Unavailable(f"no pepper with the id {pepper_id!r}")
    mac = hmac.digest(key, unicodedata.normalize("NFC", password).encode(), "sha384")
    return base64.b64encode(mac)


def _dummy(cost: int) -> bytes:
    """A hash that no password has, of the cost that a real one has: 22 of salt, 31 of digest."""
    return b"$2b$%02d$%s" % (cost, b"." * 53)
