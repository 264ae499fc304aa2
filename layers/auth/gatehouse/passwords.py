"""Password rules and hashes. No I/O.

A password is hashed as ``bcrypt(base64(HMAC-SHA384(pepper, NFC(password))))``. The 64 characters
that bcrypt receives stay below its limit of 72 bytes, so that long passwords with the same
beginning have different hashes. Without the pepper, the hashes of a stolen table cannot be attacked
by guessing. (NIST SP 800-63B-4 section 3.1.1.2; OWASP ASVS 5.0 V6.2, V11.4.)
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
"""Enough for any passphrase, and too little to overload the service with hashing."""

SERVICE = "gatehouse"

_OURS = "gh1:"
_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
_ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,4}),p=([0-9]{1,3})"
    r"\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{6,})"
)
_COSTS = range(4, 17)
"""bcrypt costs that are accepted from other systems: from bcrypt's minimum to 16 times the work of
the default cost. Verifying a more expensive hash takes too long. Hashes that Gatehouse created are
accepted at any cost."""
_MOST_MEMORY, _MOST_WORK = 512 * 1024, 4 * 1024 * 1024
"""Limits of Argon2id hashes: KiB of memory, a third of what a hashing function has, and KiB times
passes, some seconds of work."""


class UnreadableHash(Exception):
    """A stored hash cannot be compared with any password, because an import went wrong."""


class Peppers(NamedTuple):
    """The secret keys of password hashes by ID, and the ID of the current one.

    Hashes with an older pepper stay readable: a hash names its pepper, and the next sign-in renews
    it.
    """

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Peppers(current={self.current!r})"


def check_strength(password: str, *, minimum: int, about: Collection[str] = ()) -> None:
    """Accepts any password of at least ``minimum`` code points that is hard enough to guess.

    There are no composition rules. Passwords that attackers try first are refused: those that are
    leaked most often, the name of this service, texts about the owner, and combinations of these
    (NIST SP 800-63B-4 section 3.1.1.2). The password counts as a whole: a good one may contain a
    common one.

    Args:
        about: texts about the owner, such as the email address and the name.

    Raises:
        ValueError: the password is refused. The message is written for the user.
    """
    if len(password) < minimum:
        raise ValueError(f"has fewer than {minimum} characters")
    if len(password) > MAX_CHARACTERS or len(password.encode()) > MAX_BYTES:
        raise ValueError(f"has more than {MAX_CHARACTERS} characters or {MAX_BYTES} bytes")
    if repeats(password):
        raise ValueError("is a short text repeated")
    if guesses(password, (SERVICE, *about)) < ENOUGH:
        raise ValueError(
            "is too easy to guess: it is made mostly of common words or passwords, keyboard "
            "patterns, years, or your own name or email address"
        )


def hash_password(password: str, peppers: Peppers, *, cost: int) -> str:
    """Returns ``gh1:<pepper id>:<bcrypt hash>``, which names its own scheme, pepper and cost."""
    digest = bcrypt.hashpw(_peppered(password, peppers, peppers.current), bcrypt.gensalt(cost))
    return f"{_OURS}{peppers.current}:{digest.decode('ascii')}"


def is_same(password: str, other: str) -> bool:
    """Whether two texts are the same password, so that each matches the hash of the other."""
    return unicodedata.normalize("NFC", password) == unicodedata.normalize("NFC", other)


def verify_password(password: str, stored: str | None, peppers: Peppers, *, cost: int) -> bool:
    """Whether the password matches the stored hash.

    A wrong password takes as much time as a bcrypt hash of the given cost. If the stored hash has a
    lower cost, because it is older or from another system, more hashes are computed: bcrypt's work
    doubles with each step, so one hash for each missing step makes up the difference. Only Argon2id
    hashes and bcrypt hashes of a higher cost take the time of their own parameters.

    Args:
        stored: None if the user does not exist, or an empty text if the user has no password. The
            result is then False, after a hash of the same cost, so that the time reveals nothing.

    Raises:
        UnreadableHash: the stored hash is damaged or of an unknown scheme. This also takes the time
            of a hash of the same cost.
    """
    nobodys = f"{_OURS}{peppers.current}:{_dummy(cost).decode('ascii')}"
    taken = stored or nobodys
    if not _is_readable(taken):
        verify_password(password, None, peppers, cost=cost)
        raise UnreadableHash
    if _ARGON2ID.fullmatch(taken):
        return _verify_argon2id(password, taken)
    pepper_id, digest = _split(taken)
    # bcrypt in other systems reads only 72 bytes, and the library refuses more.
    candidate = _peppered(password, peppers, pepper_id) if pepper_id else password.encode()[:72]
    if bcrypt.checkpw(candidate, digest.encode("ascii")):
        return taken == stored
    for missing in range(_cost(digest), cost):
        bcrypt.checkpw(candidate, _dummy(missing))
    return False


def _is_readable(stored: str) -> bool:
    """Whether a hash can be compared with a password in acceptable time."""
    if argon2id := _ARGON2ID.fullmatch(stored):
        memory, passes, lanes = map(int, argon2id.groups()[:3])
        possible = 8 * lanes <= memory <= _MOST_MEMORY and 0 < memory * passes <= _MOST_WORK
        return possible and lanes > 0 and all(map(_is_base64, argon2id.groups()[3:]))
    pepper_id, digest = _split(stored)
    if stored.startswith(_OURS):
        return bool(pepper_id) and _cost(digest) in range(4, 32)
    return _cost(digest) in _COSTS


def is_behind(stored: str, peppers: Peppers, *, cost: int) -> bool:
    """Whether a hash differs from new ones in scheme, pepper or cost, and must be renewed."""
    pepper_id, digest = _split(stored)
    return pepper_id != peppers.current or _cost(digest) != cost


def _split(stored: str) -> tuple[str, str]:
    """Returns pepper ID and bcrypt hash. The pepper ID is empty for a hash of another system."""
    if not stored.startswith(_OURS):
        return "", stored
    pepper_id, _, digest = stored.removeprefix(_OURS).partition(":")
    return pepper_id, digest


def _cost(digest: str) -> int:
    """Returns the cost of a bcrypt hash, or 0 if the text is not one."""
    match = _BCRYPT.fullmatch(digest)
    return int(match[1]) if match else 0


def _is_base64(text: str) -> bool:
    """Whether a text is base64 as in the PHC string format, without padding."""
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
        raise Unavailable(f"no pepper has the ID {pepper_id!r}")
    mac = hmac.digest(key, unicodedata.normalize("NFC", password).encode(), "sha384")
    return base64.b64encode(mac)


def _dummy(cost: int) -> bytes:
    """Returns a hash that matches no password: 22 characters of salt, 31 of digest."""
    return b"$2b$%02d$%s" % (cost, b"." * 53)
