"""The devices that a user signed in from, as far as they can be told apart."""

import hashlib
import ipaddress

from gatehouse.identity import Device
from gatehouse.stores import item_keys
from gatehouse.stores.table import Table, when

LIFE = 90 * 86_400
"""Seconds for which a device is remembered after its last sign-in."""


class Devices:
    """The devices of the accounts table, each in its user's partition."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def see(self, user_id: str, device: Device, now: int) -> bool:
        """Remembers a device; whether it was known before. One write tells both."""
        key = item_keys.device(user_id, fingerprint(device))
        change = when(
            "SET #seen_at = :now, #ttl = :ttl ADD #times :one", now=now, ttl=now + LIFE, one=1
        )
        return bool(self._table.update(key, change)["times"] > 1)


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
