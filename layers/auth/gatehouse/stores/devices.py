"""The devices that a user signed in from, identified by a fingerprint.

They are stored as a map in the user's item, which every sign-in reads and puts a condition on
anyway.
"""

import hashlib
import ipaddress
from collections.abc import Mapping

from gatehouse.identity import Device
from gatehouse.stores.table import Condition, when

Devices = Mapping[str, int]
"""Device fingerprints, each with its last sign-in in seconds since 1970."""

LIFE = 90 * 86_400
"""Seconds for which a device is remembered after its last sign-in."""

MOST = 20
"""Devices remembered per user, the most recent ones. More could push the item over 1 KB, the most
that one write unit covers."""


def is_known(devices: Devices, device: Device, now: int) -> bool:
    """Whether the device signed in during the last ``LIFE`` seconds."""
    return fingerprint(device) in within_life(devices, now)


def within_life(devices: Devices, now: int) -> Devices:
    """Returns the devices that are still remembered, most recent first."""
    latest = sorted(devices.items(), key=lambda entry: -entry[1])
    return {name: seen_at for name, seen_at in latest if seen_at + LIFE > now}


def only(devices: Devices, device: Device) -> Devices:
    """Returns the devices without all others than this one."""
    name = fingerprint(device)
    return {name: devices[name]} if name in devices else {}


def change_for_sign_in(devices: Devices, device: Device, now: int) -> Condition:
    """Returns the change to a user's item that remembers a device and drops surplus and old ones.

    The change touches single entries of the map, so two concurrent new devices are both kept.
    """
    name = fingerprint(device)
    if not devices:
        return when("SET #devices = :devices", devices={name: now})
    remembered = [other for other in within_life(devices, now) if other != name][: MOST - 1]
    gone = sorted(devices.keys() - {name, *remembered})
    removal = f" REMOVE {', '.join(f'#devices.#{other}' for other in gone)}" if gone else ""
    return when(f"SET #devices.#{name} = :seen_at{removal}", seen_at=now)


def fingerprint(device: Device) -> str:
    """Returns a hash that is the same for one browser in one network neighborhood.

    Phones often change their address but rarely their provider.
    """
    text = f"{device.user_agent}\n{_neighbourhood(device.address)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _neighbourhood(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    size = 16 if parsed.version == 4 else 32
    return str(ipaddress.ip_network((parsed, size), strict=False))
