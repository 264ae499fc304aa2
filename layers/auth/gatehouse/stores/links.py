"""One-time links and codes: what somebody proves with them that they read a mailbox.

Only their hashes are stored. Each is bound to a purpose and used once, by a conditional delete.
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
CODE_LIFE = 600
"""Seconds: OWASP ASVS 5.0 V6.5.5 has codes end within 10 minutes."""

MOST_TRIES = 10
"""Wrong passwords that may come with one link of a registration."""

VERIFY, RESET, CHANGE_EMAIL, KEEP_EMAIL, NOTHING = (
    "verify",
    "reset",
    "change-email",
    "keep-email",
    "nothing",
)
"""Purposes. A link for nothing is written where there is no account, to look the same."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a token or code stands for. ``subject`` is what its purpose needs to go on."""

    hash: str
    purpose: str
    subject: Mapping[str, Any]
    ends_at: int


def new_token() -> str:
    """256 random bits for a link."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Six random digits, to be typed."""
    return f"{secrets.randbelow(1_000_000):06d}"


def token_hash(token: str) -> str:
    return hashlib.sha256(b"token\n" + token.encode()).hexdigest()


def code_hash(canonical: str, code: str) -> str:
    """A code is found only together with the address that it was sent to."""
    return hashlib.sha256(f"code\n{canonical}\n{code}".encode()).hexdigest()


class Links:
    """The links of the accounts table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def adding(self, link: Link) -> Write:
        return self._table.putting(_to_item(link))

    def find(self, link_hash: str, purpose: str, now: int) -> Link:
        """A link that is still good; looking uses nothing up.

        Raises:
            InvalidLink: there is none of that purpose, or it is used or too old.
        """
        item = self._table.get(item_keys.link(link_hash))
        if item is None or item["purpose"] != purpose or item["ends_at"] <= now:
            raise InvalidLink
        return _from_item(item)

    def try_once(self, link: Link) -> None:
        """Counts a try at a link that needs a password too, before the password is hashed.

        Raises:
            InvalidLink: it was tried too often, or was used meanwhile.
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
        """The use of a link, as part of the transaction that it is for: one succeeds."""
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
