"""The devices that a user signed in from, as far as they can be told apart."""

import hashlib
import ipaddress
from typing import NamedTuple

from gatehouse.identity import Device
from gatehouse.stores import item_keys
from gatehouse.stores.table import Table, Write, when

LIFE = 90 * 86_400
"""Seconds for which a device is remembered after its last sign-in."""


class SeenDevice(NamedTuple):
    """What is kept of a device: a fingerprint, and when it was used to sign in last."""

    fingerprint: str
    seen_at: int


class Devices:
    """The devices of the accounts table, each in its user's partition."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def is_known(self, user_id: str, device: Device, now: int) -> bool:
        """Whether a device was seen within its life."""
        item = self._table.get(item_keys.device(user_id, fingerprint(device)), only=("ttl",))
        return item is not None and item["ttl"] > now

    def of_user(self, user_id: str, now: int) -> list[SeenDevice]:
        """The devices that a user was seen with within their life."""
        key = item_keys.device(user_id, "any")
        mine = when("begins_with(#sk, :start)", start=key["sk"].removesuffix("any"))
        return [
            SeenDevice(item["sk"].partition("#")[2], item["seen_at"])
            for item in self._table.query(("pk", key["pk"]), sort=mine)
            if item["ttl"] > now
        ]

    def seeing(self, user_id: str, device: Device, now: int) -> Write:
        """Remembers a device, as part of the transaction of what it did."""
        return self._table.putting(
            {
                **item_keys.device(user_id, fingerprint(device)),
                "seen_at": now,
                "ttl": now + LIFE,
            }
        )


def fingerprint(device: Device) -> str:
    """The same for one browser in one neighbourhood of the network: phones change addresses often,
    but seldom their provider."""
    text = f"{device.user_agent}\n{_neighbourhood(device.address)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _neighbourhood(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    size = 16 if parsed.version == 4 else 32
    return str(ipaddress.ip_network((parsed, size), strict=False))
