"""The devices that a user signed in from, as far as they can be told apart.

They are a map in the user's item, which a sign-in reads and holds a condition on in any case.
"""

import hashlib
import ipaddress
from collections.abc import Mapping

from gatehouse.identity import Device
from gatehouse.stores.table import Condition, when

Devices = Mapping[str, int]
"""Fingerprints of devices, and the seconds since 1970 at which each signed in last."""

LIFE = 90 * 86_400
"""Seconds for which a device is remembered after its last sign-in."""

MOST = 20
"""Devices that are remembered of a user, the latest: so many keep the item below the kilobyte that
one write unit pays for."""


def is_known(devices: Devices, device: Device, now: int) -> bool:
    """Whether a device signed in within its life."""
    return fingerprint(device) in within_life(devices, now)


def within_life(devices: Devices, now: int) -> Devices:
    """The devices that are remembered still, the latest first."""
    latest = sorted(devices.items(), key=lambda entry: -entry[1])
    return {name: seen_at for name, seen_at in latest if seen_at + LIFE > now}


def change_for_sign_in(devices: Devices, device: Device, now: int) -> Condition:
    """The change of a user's item that remembers a device, and forgets what is too old or too many.

    It touches single entries of the map: two new devices at a time leave both of them.
    """
    name = fingerprint(device)
    if not devices:
        return when("SET #devices = :devices", devices={name: now})
    remembered = [other for other in within_life(devices, now) if other != name][: MOST - 1]
    gone = sorted(devices.keys() - {name, *remembered})
    removal = f" REMOVE {', '.join(f'#devices.#{other}' for other in gone)}" if gone else ""
    return when(f"SET #devices.#{name} = :seen_at{removal}", seen_at=now)


def fingerprint(device: Device) -> str:
    """The same for one browser in one neighbourhood of the network: phones change addresses often,
    but seldom their provider."""
    text = f"{device.user_agent}\n{_neighbourhood(device.address)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _neighbourhood(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    size = 16 if parsed.version == 4 else 32
    return str(ipaddress.ip_network((parsed, size), strict=False))
