"""One-time links. A client that presents the token of one proves that it can read the mailbox.

Only their hashes are stored. Each is bound to a purpose, and a conditional delete makes sure that
it is used once.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatehouse.aws import ConditionFailed
from gatehouse.errors import InvalidLink
from gatehouse.stores import item_keys
from gatehouse.stores.table import Item, Table, Write, when

LINK_LIFE = 3_600
"""Seconds."""

MOST_TRIES = 10
"""Password attempts that one registration link allows."""

VERIFY, RESET, CHANGE_EMAIL, KEEP_EMAIL, NOTHING = (
    "verify",
    "reset",
    "change-email",
    "keep-email",
    "nothing",
)
"""Purposes. A request for an address without an account stores a ``NOTHING`` link, so that the
work is the same."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a token grants. ``subject`` holds the data that its purpose needs."""

    hash: str
    purpose: str
    subject: Mapping[str, Any]
    ends_at: int


def new_token() -> str:
    """Returns 256 random bits, as URL-safe text for a link."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(b"token\n" + token.encode()).hexdigest()


def bound_address(token: str, address: str) -> str:
    """Returns the hash that binds a link to an address without storing the address.

    Only the mailbox has the token, so nobody can find the address by trying likely ones.
    """
    return hashlib.sha256(f"address\n{token}\n{address}".encode()).hexdigest()


class Links:
    """The links of the accounts table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def adding(self, link: Link) -> Write:
        """Returns the write that stores a link."""
        return self._table.putting(_to_item(link))

    def find(self, link_hash: str, purpose: str, now: int) -> Link:
        """Returns a link that is still valid, without consuming it.

        Raises:
            InvalidLink: no such link exists for that purpose, or it was used or has expired.
        """
        item = self._table.get(item_keys.link(link_hash))
        if item is None or item["purpose"] != purpose or item["ends_at"] <= now:
            raise InvalidLink
        return _from_item(item)

    def try_once(self, link: Link) -> None:
        """Counts an attempt at a link that also needs a password, before the password is hashed.

        Raises:
            InvalidLink: the link was tried too often, or was used in the meantime.
        """
        try:
            self._table.update(
                item_keys.link(link.hash),
                when("ADD #tries :one", one=1),
                when("#ends_at = :end AND #tries < :most", end=link.ends_at, most=MOST_TRIES),
            )
        except ConditionFailed:
            raise InvalidLink from None

    def using(self, link: Link, now: int) -> Write:
        """Returns the write that consumes a link, so that only one transaction can use it."""
        good = when("#purpose = :p AND #ends_at > :now", p=link.purpose, now=now)
        return self._table.deleting(item_keys.link(link.hash), good)


def _to_item(link: Link) -> Item:
    return {
        **item_keys.link(link.hash),
        "hash": link.hash,
        "purpose": link.purpose,
        "subject": dict(link.subject),
        "ends_at": link.ends_at,
        "tries": 0,
        "ttl": link.ends_at,
    }


def _from_item(item: dict[str, Any]) -> Link:
    return Link(
        hash=item["hash"],
        purpose=item["purpose"],
        subject=item["subject"],
        ends_at=item["ends_at"],
    )
