"""Password rules and hashes, as decisions without I/O.

A password is hashed as ``bcrypt(base64(HMAC-SHA384(pepper, NFC(password))))``: the 64 characters
that bcrypt sees never meet its limit of 72 bytes, so two long passwords are two passwords, and a
stolen table alone cannot be searched. (NIST SP 800-63B-4 section 3.1.1.2; OWASP ASVS 5.0 V6.2,
V11.4.)
"""

import base64
import binascii
import hmac
import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import NamedTuple

import bcrypt

from gatehouse.errors import Unavailable
from gatehouse.password_strength import ENOUGH, guesses, repeats

MAX_CHARACTERS = 256
MAX_BYTES = 1024
"""Enough for any passphrase, and too little to make hashing a weapon."""

SERVICE = "gatehouse"

_OURS = "gh1:"
_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
_ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,4}),p=([0-9]{1,3})"
    r"\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{6,})"
)
_COSTS = range(4, 17)
"""bcrypt's that are taken from others, from its least to 16 times what we take ourselves: dearer
ones are not answered in time. What we made is read whatever it costs."""
_MOST_MEMORY, _MOST_WORK = 512 * 1024, 4 * 1024 * 1024
"""KiB of Argon2id, a third of what a hashing function has; and KiB times passes, some seconds."""


class UnreadableHash(Exception):
    """No password can be compared with a stored hash: an import went wrong."""


class Peppers(NamedTuple):
    """The secret keys of password hashes by their id, and the id of the one in use.

    Old ones stay readable: a hash names its own, and is renewed at the next sign-in.
    """

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Peppers(current={self.current!r})"


def check_strength(password: str, *, minimum: int, about: Collection[str] = ()) -> None:
    """Accepts any password of ``minimum`` code points or more; there are no rules of composition.

    Refused are those that attackers try first: what is leaked most often, the name of this service,
    what is known of the owner, and what is made of nothing but these (NIST SP 800-63B-4 section
    3.1.1.2). It is the whole password that counts: a good one may contain a common one.

    Args:
        about: texts about the owner, such as the e-mail address and the name.

    Raises:
        ValueError: with a sentence for the user.
    """
    if len(password) < minimum:
        raise ValueError(f"has fewer than {minimum} characters")
    if len(password) > MAX_CHARACTERS or len(password.encode()) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_CHARACTERS} characters or {MAX_BYTES} bytes")
    if repeats(password):
        raise ValueError("is a short text over and over")
    if guesses(password, (SERVICE, *about)) < ENOUGH:
        raise ValueError(
            "is made of what is guessed first: common words and passwords, rows of keys, years, "
            "or your own name or e-mail address"
        )


def hash_password(password: str, peppers: Peppers, *, cost: int) -> str:
    """``gh1:<pepper id>:<bcrypt hash>``: scheme, pepper and cost are told by the hash itself."""
    digest = bcrypt.hashpw(_peppered(password, peppers, peppers.current), bcrypt.gensalt(cost))
    return f"{_OURS}{peppers.current}:{digest.decode('ascii')}"


def verify_password(password: str, stored: str | None, peppers: Peppers, *, cost: int) -> bool:
    """Whether the password is the stored one, at the price of one hash of the given cost.

    A hash with a lower cost, older or of another system, is filled up with others where the
    password is wrong: bcrypt's price doubles with each step, so one of each missing step makes up
    for them.

    Args:
        stored: None for somebody who does not exist, or no hash at all for somebody who has no
            password; the answer is False then, after a hash of the same cost, so that the time
            tells nothing.

    Raises:
        UnreadableHash: the stored one is damaged, or of a scheme that is not known here; told after
            a hash of the same cost too.
    """
    nobodys = f"{_OURS}{peppers.current}:{_dummy(cost).decode('ascii')}"
    taken = stored or nobodys
    if not _is_readable(taken):
        verify_password(password, None, peppers, cost=cost)
        raise UnreadableHash
    if _ARGON2ID.fullmatch(taken):
        return _verify_argon2id(password, taken)
    pepper_id, digest = _split(taken)
    # bcrypt as other systems use it looks at 72 bytes, and the library refuses more.
    candidate = _peppered(password, peppers, pepper_id) if pepper_id else password.encode()[:72]
    if bcrypt.checkpw(candidate, digest.encode("ascii")):
        return taken == stored
    for missing in range(_cost(digest), cost):
        bcrypt.checkpw(candidate, _dummy(missing))
    return False


def _is_readable(stored: str) -> bool:
    """Whether a hash is one that a password can be compared with, in time."""
    if argon2id := _ARGON2ID.fullmatch(stored):
        memory, passes, lanes = map(int, argon2id.groups()[:3])
        possible = 8 * lanes <= memory <= _MOST_MEMORY and 0 < memory * passes <= _MOST_WORK
        return possible and lanes > 0 and all(map(_is_base64, argon2id.groups()[3:]))
    pepper_id, digest = _split(stored)
    if stored.startswith(_OURS):
        return bool(pepper_id) and _cost(digest) in range(4, 32)
    return _cost(digest) in _COSTS


def is_behind(stored: str, peppers: Peppers, *, cost: int) -> bool:
    """Whether a hash has another scheme, pepper or cost than new ones, and wants to be renewed."""
    pepper_id, digest = _split(stored)
    return pepper_id != peppers.current or _cost(digest) != cost


def _split(stored: str) -> tuple[str, str]:
    """Pepper and bcrypt hash; no pepper where the hash is another system's."""
    if not stored.startswith(_OURS):
        return "", stored
    pepper_id, _, digest = stored.removeprefix(_OURS).partition(":")
    return pepper_id, digest


def _cost(digest: str) -> int:
    """The cost of a bcrypt hash; 0 if it is none."""
    match = _BCRYPT.fullmatch(digest)
    return int(match[1]) if match else 0


def _is_base64(text: str) -> bool:
    """Base64 as the PHC string format has it, without the signs that fill it up."""
    try:
        base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return False
    return True


def _verify_argon2id(password: str, stored: str) -> bool:
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


def _dummy(cost: int) -> bytes:
    """A hash that no password has, of the cost that a real one has: 22 of salt, 31 of digest."""
    return b"$2b$%02d$%s" % (cost, b"." * 53)
