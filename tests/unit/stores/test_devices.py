"""Devices: which sign-ins look alike."""

import pytest

from gatehouse.identity import Device
from gatehouse.stores.devices import LIFE, SeenDevice, fingerprint
from tests.support.world import START, World

PHONE = Device("198.51.100.7", "Firefox")


def see(world: World, device: Device = PHONE, after: int = 0, user: str = "u1") -> None:
    world.backend.accounts.transact(world.backend.devices.seeing(user, device, START + after))


def is_known(world: World, device: Device = PHONE, after: int = 0, user: str = "u1") -> bool:
    return world.backend.devices.is_known(user, device, START + after)


def test_device_is_new_until_it_is_seen(world: World) -> None:
    assert not is_known(world)
    see(world)
    assert is_known(world)


def test_looking_makes_nothing_known(world: World) -> None:
    is_known(world)
    assert world.accounts() == []


def test_device_is_known_to_its_own_user(world: World) -> None:
    see(world)
    assert not is_known(world, user="u2")


@pytest.mark.parametrize(("after", "known"), [(LIFE - 1, True), (LIFE, False)])
def test_device_is_remembered_for_90_days(world: World, after: int, known: bool) -> None:
    see(world)
    assert is_known(world, after=after) is known


def test_device_that_comes_again_is_remembered_longer(world: World) -> None:
    see(world)
    see(world, after=LIFE - 1)
    assert is_known(world, after=LIFE + 1)


def test_devices_of_a_user_are_listed_within_their_life(world: World) -> None:
    other = Device("203.0.113.1", "Chrome")
    see(world)
    see(world, other, after=1)
    see(world, user="u2")
    devices = world.backend.devices
    assert {each.fingerprint for each in devices.of_user("u1", START + 1)} == {
        fingerprint(PHONE),
        fingerprint(other),
    }
    assert devices.of_user("u1", START + LIFE) == [SeenDevice(fingerprint(other), START + 1)]


@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("198.51.100.7", "198.51.200.9"),
        ("2001:db8:aaaa::1", "2001:db8:bbbb::2"),
        ("", "no address"),
    ],
)
def test_neighbours_look_alike(address: str, other: str) -> None:
    assert fingerprint(Device(address, "UA")) == fingerprint(Device(other, "UA"))


@pytest.mark.parametrize(
    "other",
    [
        Device("198.52.100.7", "Firefox"),
        Device("2001:db9::1", "Firefox"),
        Device("198.51.100.7", "Chrome"),
        Device("", "Firefox"),
    ],
)
def test_others_do_not(other: Device) -> None:
    assert fingerprint(PHONE) != fingerprint(other)


def test_neither_address_nor_name_is_kept(world: World) -> None:
    see(world)
    text = str(world.accounts())
    assert not [part for part in ("198.51", "Firefox") if part in text]
