"""Pending changes of an email address, which both the old and the new address must confirm."""

from dataclasses import dataclass
from typing import Any

from gatehouse.identity import EmailAddress
from gatehouse.stores import item_keys
from gatehouse.stores.table import Item, Table, Write, when

LIFE = 3_600
"""Seconds. The links that confirm the change expire after the same time."""

OLD, NEW = "old", "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange:
    """The latest change that a user requested. A later one replaces it."""

    id: str
    user_id: str
    address: EmailAddress
    token_epoch: int
    """The user's token epoch at the request. A password change invalidates the email change."""
    ends_at: int
    confirmed: str = ""
    """``OLD`` or ``NEW``, the address that has confirmed so far. Empty if neither has."""


class EmailChanges:
    """The pending changes in the accounts table, at most one per user."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def adding(self, change: EmailChange) -> Write:
        """Returns the write that stores a change, replacing the user's previous one."""
        return self._table.putting(_to_item(change))

    def get(self, user_id: str, change_id: str, now: int) -> EmailChange | None:
        """Returns the change, or None if it expired or a later one replaced it."""
        change = self.latest(user_id, now)
        return change if change and change.id == change_id else None

    def latest(self, user_id: str, now: int) -> EmailChange | None:
        """Returns the user's pending change, or None."""
        item = self._table.get(item_keys.email_change(user_id))
        return _from_item(item) if item and item["ends_at"] > now else None

    def confirming(self, change: EmailChange, end: str) -> Write:
        """Returns the write that records the first confirmation.

        It fails if the other address confirms at the same time.
        """
        return self._table.updating(
            item_keys.email_change(change.user_id),
            when("SET #confirmed = :end", end=end),
            when("#id = :id AND #confirmed = :before", id=change.id, before=change.confirmed),
        )

    def completing(self, change: EmailChange) -> Write:
        """Returns the write that removes the change, for the transaction that carries it out."""
        same = when("#id = :id AND #confirmed = :before", id=change.id, before=change.confirmed)
        return self._table.deleting(item_keys.email_change(change.user_id), same)


def _to_item(change: EmailChange) -> Item:
    return {
        **item_keys.email_change(change.user_id),
        "id": change.id,
        "user_id": change.user_id,
        "email": change.address.written,
        "canonical": change.address.canonical,
        "token_epoch": change.token_epoch,
        "ends_at": change.ends_at,
        "confirmed": change.confirmed,
        "ttl": change.ends_at,
    }


def _from_item(item: dict[str, Any]) -> EmailChange:
    return EmailChange(
        id=item["id"],
        user_id=item["user_id"],
        address=EmailAddress(item["email"], item["canonical"]),
        token_epoch=item["token_epoch"],
        ends_at=item["ends_at"],
        confirmed=item["confirmed"],
    )
