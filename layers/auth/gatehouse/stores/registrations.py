"""Registrations whose address is not verified yet. One address may have several."""

from dataclasses import dataclass
from typing import Any

from gatehouse.identity import EmailAddress
from gatehouse.stores import item_keys
from gatehouse.stores.table import EXISTS, Item, Table, Write

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
    place: str = ""
    """Keyed hash of the client address of the registration; see ``limits.place_of``. Empty if it
    is not known, as with registrations that former versions stored."""

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

    def of_address(self, canonical: str, now: int) -> list[Registration]:
        """Returns the registrations that wait for an address, newest first.

        Once the address has an account, none does. The guard of the account is in the same
        partition, so one query reads both.
        """
        guard, prefix = item_keys.email(canonical), item_keys.registration_prefix()
        items = {item["sk"]: item for item in self._table.query(("pk", guard["pk"]))}
        if guard["sk"] in items:
            return []
        pending = [item for name, item in items.items() if name.startswith(prefix)]
        live = [_from_item(item) for item in pending if item["ends_at"] > now]
        return sorted(live, key=lambda each: -each.created_at)

    def latest(self, canonical: str, now: int) -> Registration | None:
        """Returns the newest registration that waits for an address, or None."""
        return next(iter(self.of_address(canonical, now)), None)

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
        "place": registration.place,
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
        place=item.get("place", ""),
    )
