"""The keys that sign access tokens: how they are created, published, used and retired.

A ring holds up to three RSA keys. ``next`` is published before it signs, so that every cache of the
public keys has it in time. ``previous`` stays published until the last token that it signed has
expired.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gatehouse.errors import Unavailable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

KEY_BITS = 2048
"""NIST SP 800-57 part 1 allows 2048-bit RSA signatures until 2030."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One private key, and the ``kid`` under which its public part is published."""

    kid: str
    pem: str

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r})"


@dataclass(frozen=True, slots=True)
class PrivateRing:
    """The private keys, stored in one secret that only signing functions read."""

    current: SigningKey
    next: SigningKey
    previous: SigningKey | None
    rotated_at: int
    """Seconds since 1970. Also the version of the published set."""

    def rotated(self, fresh: SigningKey, now: int) -> "PrivateRing":
        """Returns the rotated ring: ``next`` signs from now on, and ``fresh`` becomes ``next``."""
        return PrivateRing(self.next, fresh, self.current, now)

    def public(self) -> dict[str, Any]:
        """Returns the JSON Web Key Set (RFC 7517 section 5), with public members only."""
        keys = [key for key in (self.current, self.next, self.previous) if key]
        return {"keys": [jwk(key) for key in keys]}

    def to_secret(self) -> str:
        """Returns the ring as the text of its secret."""
        return json.dumps({"ring": asdict(self)})

    @staticmethod
    def is_in(secret: str) -> bool:
        """Whether a secret's text is a ring rather than the placeholder of a first deployment."""
        try:
            document = json.loads(secret)
        except ValueError:
            return False
        return isinstance(document, dict) and "ring" in document

    @classmethod
    def from_secret(cls, secret: str) -> "PrivateRing":
        """Returns the ring in a secret's text.

        Raises:
            Unavailable: the text is not a ring. This happens only before the first deployment ends.
        """
        if not cls.is_in(secret):
            raise Unavailable("the key ring does not exist yet")
        ring = json.loads(secret)["ring"]
        keys = {name: SigningKey(**ring[name]) for name in ("current", "next")}
        previous = SigningKey(**ring["previous"]) if ring["previous"] else None
        # A ring from before this field was renamed says "turned_at" until its next rotation.
        rotated_at = ring["rotated_at"] if "rotated_at" in ring else ring["turned_at"]
        return cls(**keys, previous=previous, rotated_at=rotated_at)


def new_ring(now: int) -> PrivateRing:
    """Creates a ring of two fresh keys, for the first deployment."""
    return PrivateRing(current=new_key(), next=new_key(), previous=None, rotated_at=now)


def new_key() -> SigningKey:
    """Creates a key whose ``kid`` is the thumbprint of its public part (RFC 7638)."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    return SigningKey(kid=thumbprint(_members(key.public_key())), pem=pem)


def jwk(key: SigningKey) -> dict[str, str]:
    """Returns the public part of a key as a JSON Web Key (RFC 7517, RFC 7518 section 6.3.1)."""
    return {
        **_members(load_private(key).public_key()),
        "kid": key.kid,
        "alg": "RS256",
        "use": "sig",
    }


def thumbprint(members: Mapping[str, str]) -> str:
    """Returns the SHA-256 of the required members in canonical form (RFC 7638 section 3)."""
    canonical = json.dumps(
        {name: members[name] for name in ("e", "kty", "n")}, separators=(",", ":")
    )
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def load_private(key: SigningKey) -> "RSAPrivateKey":
    """Returns the key in a form that can sign."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # Checking the primes takes 40 ms at each start, and the key was created by ``new_key``.
    loaded = load_pem_private_key(
        key.pem.encode("ascii"), password=None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(loaded, RSAPrivateKey):
        raise Unavailable("the key ring contains a key that is not RSA")
    return loaded


def load_public(jwks: Mapping[str, Any]) -> dict[str, "RSAPublicKey"]:
    """Returns the keys of a published set by ``kid``, in a form that can verify."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    numbers = {key["kid"]: (_number(key["e"]), _number(key["n"])) for key in jwks["keys"]}
    return {kid: RSAPublicNumbers(e, n).public_key() for kid, (e, n) in numbers.items()}


def _members(key: "RSAPublicKey") -> dict[str, str]:
    numbers = key.public_numbers()
    return {"kty": "RSA", "n": _base64url_number(numbers.n), "e": _base64url_number(numbers.e)}


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _base64url_number(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
