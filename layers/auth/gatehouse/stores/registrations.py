"""Registrations whose address is not verified yet. One address may have several."""

from dataclasses import dataclass
from typing import Any

from gatehouse.identity import EmailAddress
from gatehouse.stores import item_keys
from gatehouse.stores.table import EXISTS, Item, Table, Write, when

LIFE = 86_400
"""Seconds after which an unverified registration expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The data of a future account, created once its address is verified."""

    id: str
    address: EmailAddress
    password_hash: str
    name: str | None
    created_at: int

    def __repr__(self) -> str:
        return f"Registration(id={self.id!r})"


class Registrations:
    """The pending registrations in the accounts table, in the partition of their address."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def adding(self, registration: Registration) -> Write:
        """Returns the write that stores a registration."""
        return self._table.putting(_to_item(registration))

    def get(self, canonical: str, registration_id: str, now: int) -> Registration | None:
        item = self._table.get(item_keys.registration(canonical, registration_id))
        return _from_item(item) if item and item["ends_at"] > now else None

    def latest(self, canonical: str, now: int) -> Registration | None:
        """Returns the newest pending registration for an address, or None."""
        key = item_keys.registration(canonical, "any")
        pending = when("begins_with(#sk, :start)", start=key["sk"].removesuffix("any"))
        waiting = [
            _from_item(item)
            for item in self._table.query(("pk", key["pk"]), sort=pending)
            if item["ends_at"] > now
        ]
        return max(waiting, key=lambda each: each.created_at, default=None)

    def remove_all(self, canonical: str, most: int) -> bool:
        """Deletes up to ``most`` items that wait under an address, but not its account's guard.

        Returns whether none is left.
        """
        guard = item_keys.email(canonical)
        return self._table.delete_all(("pk", guard["pk"]), keep=guard, most=most)

    def removing(self, registration: Registration) -> Write:
        """Returns the write that removes a registration when its account is created.

        Only one transaction can remove it, so only one account is created.
        """
        key = item_keys.registration(registration.address.canonical, registration.id)
        return self._table.deleting(key, EXISTS)


def _to_item(registration: Registration) -> Item:
    ends_at = registration.created_at + LIFE
    return {
        **item_keys.registration(registration.address.canonical, registration.id),
        "id": registration.id,
        "email": registration.address.written,
        "canonical": registration.address.canonical,
        "password_hash": registration.password_hash,
        "name": registration.name,
        "created_at": registration.created_at,
        "ends_at": ends_at,
        "ttl": ends_at,
    }


def _from_item(item: dict[str, Any]) -> Registration:
    return Registration(
        id=item["id"],
        address=EmailAddress(item["email"], item["canonical"]),
        password_hash=item["password_hash"],
        name=item.get("name"),
        created_at=item["created_at"],
    )
