"""The six-digit codes of addresses: at most one per address at a time.

An item holds a random value, from which its code is derived together with a secret. So a code can
be mailed again although it is not stored, and a copy of the table reveals none.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from gatehouse.aws import ConditionFailed
from gatehouse.errors import InvalidLink, Unavailable
from gatehouse.stores import item_keys
from gatehouse.stores.table import Item, Table, Write, unmarshal, when

LIFE = 600
"""Seconds. OWASP ASVS 5.0 V6.5.5 requires codes to expire within 10 minutes."""

MOST_TRIES = 10
"""Attempts that one code allows. The address gets a new code only after this one has expired."""


@dataclass(frozen=True, slots=True)
class Code:
    """What is stored of a code."""

    address_hash: str
    random: str
    """128 random bits in hexadecimal."""
    ends_at: int

    def __repr__(self) -> str:
        return f"Code(ends_at={self.ends_at})"


def digits_of(code: Code, canonical: str, key: bytes) -> str:
    """Returns the six digits for the user to type.

    Args:
        canonical: the address that the code belongs to.
        key: the secret of the deployment.
    """
    digest = hmac.digest(key, f"{canonical}\n{code.random}".encode(), "sha256")
    return f"{int.from_bytes(digest) % 1_000_000:06d}"


class Codes:
    """The codes in the accounts table, by a hash of their address."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def current(self, address_hash: str, now: int) -> Code:
        """Returns the live code of an address, or makes a new one if there is none.

        Makes one write in both cases. Concurrent callers get the same code. Raises: ``Unavailable``
        """
        new = Code(address_hash, secrets.token_hex(16), now + LIFE)
        none_lives = when("attribute_not_exists(#pk) OR #ends_at <= :now", now=now)
        try:
            self._table.put(_to_item(new), none_lives, old=True)
        except ConditionFailed as failed:
            if failed.old is None:
                raise Unavailable from failed
            return _from_item(unmarshal(failed.old))
        return new

    def try_once(self, address_hash: str, now: int) -> Code:
        """Counts an attempt at the live code of an address. Returns the code to compare it with.

        Raises:
            InvalidLink: there is no live code, or it was tried too often.
        """
        try:
            item = self._table.update(
                item_keys.code(address_hash),
                when("ADD #tries :one", one=1),
                when("#ends_at > :now AND #tries < :most", now=now, most=MOST_TRIES),
            )
        except ConditionFailed:
            raise InvalidLink from None
        return _from_item(item)

    def using(self, code: Code, now: int) -> Write:
        """Returns the write that consumes a code, so that only one transaction can use it."""
        good = when("#random = :random AND #ends_at > :now", random=code.random, now=now)
        return self._table.deleting(item_keys.code(code.address_hash), good)

    def voiding(self, address_hash: str) -> Write:
        """Returns the write that ends the code of an address, if there is one."""
        return self._table.deleting(item_keys.code(address_hash))


def _to_item(code: Code) -> Item:
    return {
        **item_keys.code(code.address_hash),
        "address_hash": code.address_hash,
        "random": code.random,
        "ends_at": code.ends_at,
        "tries": 0,
        "ttl": code.ends_at,
    }


def _from_item(item: dict[str, Any]) -> Code:
    return Code(address_hash=item["address_hash"], random=item["random"], ends_at=item["ends_at"])
