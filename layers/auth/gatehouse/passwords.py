"""Password rules and hashes, as decisions without I/O.

A password is hashed as ``bcrypt(base64(HMAC-SHA384(pepper, NFC(password))))``: the 64 characters
that bcrypt sees never meet its limit of 72 bytes, so two long passwords are two passwords, and a
stolen table alone cannot be searched. (NIST SP 800-63B-4 section 3.1.1.2; OWASP ASVS 5.0 V6.2,
V11.4.)
"""

import base64
import hmac
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

import bcrypt

from gatehouse.errors import Unavailable

MAX_CHARACTERS = 256
MAX_BYTES = 1024
"""Enough for any passphrase, and too little to make hashing a weapon."""

SERVICE = "gatehouse"

_SCHEME = "gh1"
_ARGON2ID = "$argon2id$"
_IMPORTED = ("$2a$", "$2b$", "$2y$", _ARGON2ID)


@dataclass(frozen=True, slots=True)
class Peppers:
    """The secret keys of password hashes by their id, and the id of the one in use.

    Old ones stay readable: a hash names its own, and is renewed at the next sign-in.
    """

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Peppers(current={self.current!r})"


def check_strength(password: str, *, minimum: int, about: Collection[str] = ()) -> None:
    """Accepts any password of ``minimum`` code points or more; there are no rules of composition.

    Refused are those that attackers try first: the commonest of leaked passwords, the name of this
    service, and what is known of the owner (NIST SP 800-63B-4 section 3.1.1.2).

    Args:
        about: texts about the owner, such as the e-mail address.

    Raises:
        ValueError: with a sentence for the user.
    """
    if len(password) < minimum:
        raise ValueError(f"has fewer than {minimum} characters")
    if len(password) > MAX_CHARACTERS or len(password.encode()) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_CHARACTERS} characters or {MAX_BYTES} bytes")
    folded = password.casefold()
    if folded in {text.casefold() for known in about for text in (known, known.partition("@")[0])}:
        raise ValueError("is your e-mail address")
    if folded in _commonest():
        raise ValueError("is one of the passwords that are guessed first")


def hash_password(password: str, peppers: Peppers, *, cost: int) -> str:
    """``gh1:<pepper id>:<bcrypt hash>``: scheme, pepper and cost are told by the hash itself."""
    digest = bcrypt.hashpw(_peppered(password, peppers, peppers.current), bcrypt.gensalt(cost))
    return f"{_SCHEME}:{peppers.current}:{digest.decode('ascii')}"


def verify_password(password: str, stored: str | None, peppers: Peppers, *, cost: int) -> bool:
    """Whether the password is the stored one, at the price of exactly one hash in every case.

    Args:
        stored: None for somebody who does not exist, or no hash at all for somebody who has no
            password; the answer is False then, after a hash of the same cost, so that the time
            tells nothing.
    """
    if stored is None or not _is_hash(stored):
        bcrypt.checkpw(_peppered(password, peppers, peppers.current), _dummy(cost))
        return False
    if stored.startswith(_IMPORTED):
        return _verify_imported(password, stored)
    pepper_id, digest = _split(stored)
    return bcrypt.checkpw(_peppered(password, peppers, pepper_id), digest)


def is_behind(stored: str, peppers: Peppers, *, cost: int) -> bool:
    """Whether a hash has another scheme, pepper or cost than new ones, and wants to be renewed."""
    if stored.startswith(_IMPORTED):
        return True
    pepper_id, digest = _split(stored)
    return pepper_id != peppers.current or not digest.startswith(b"$2b$%02d$" % cost)


def _is_hash(stored: str) -> bool:
    scheme, _, rest = stored.partition(":")
    return stored.startswith(_IMPORTED) or (scheme == _SCHEME and not rest.endswith(":"))


def _split(stored: str) -> tuple[str, bytes]:
    _, pepper_id, digest = stored.split(":", 2)
    return pepper_id, digest.encode("ascii")


def _verify_imported(password: str, stored: str) -> bool:
    """A hash of another system, as it came; it is renewed at the first sign-in."""
    if not stored.startswith(_ARGON2ID):
        # bcrypt as other systems use it looks at 72 bytes, and the library refuses more.
        return bcrypt.checkpw(password.encode()[:72], stored.encode("ascii"))
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        Argon2id.verify_phc_encoded(password.encode(), stored)
    except InvalidKey:
        return False
    return True


def _peppered(password: str, peppers: Peppers, pepper_id: str) -> bytes:
    key = peppers.keys.get(pepper_id)
    if key is None:
        raise Unavailable(f"no pepper with the id {pepper_id!r}")
    mac = hmac.digest(key, unicodedata.normalize("NFC", password).encode(), "sha384")
    return base64.b64encode(mac)


@cache
def _commonest() -> frozenset[str]:
    """The 30,000 passwords that were leaked most often, and this service's name."""
    # Only where a password is chosen: reading the lists takes as long as a cold start's half.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"]) | {SERVICE}


def _dummy(cost: int) -> bytes:
    """A hash that no password has, of the cost that a real one has: 22 of salt, 31 of digest."""
    return b"$2b$%02d$%s" % (cost, b"." * 53)
