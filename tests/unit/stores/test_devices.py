"""Devices: which sign-ins count as the same device, and how long they are remembered."""

import pytest

from gatehouse.identity import Device
from gatehouse.stores.devices import (
    LIFE,
    MOST,
    Devices,
    change_for_sign_in,
    fingerprint,
    is_known,
    within_life,
)
from gatehouse.stores.table import when
from harness.moto_backend import START

PHONE = Device("198.51.100.7", "Firefox")
OTHER = Device("203.0.113.1", "Chrome")
SEEN = {fingerprint(PHONE): START}


def many(size: int) -> Devices:
    """Returns ``size`` devices. The one with the highest number was seen last."""
    return {f"d{number}": START + number for number in range(size)}


def test_device_is_new_until_it_is_seen() -> None:
    assert not is_known({}, PHONE, START)
    assert is_known(SEEN, PHONE, START)
    assert not is_known(SEEN, OTHER, START)


@pytest.mark.parametrize(("after", "known"), [(LIFE - 1, True), (LIFE, False)])
def test_device_is_remembered_for_90_days(after: int, known: bool) -> None:
    assert is_known(SEEN, PHONE, START + after) is known


def test_devices_are_listed_within_their_life_the_latest_first() -> None:
    devices = {"old": START - LIFE, "early": START - 2, "late": START - 1}
    assert list(within_life(devices, START)) == ["late", "early"]


def test_first_device_begins_the_map() -> None:
    assert change_for_sign_in({}, PHONE, START) == when("SET #devices = :devices", devices=SEEN)


def test_next_device_touches_no_other() -> None:
    change = change_for_sign_in(SEEN, OTHER, START + 1)
    assert change == when(f"SET #devices.#{fingerprint(OTHER)} = :seen_at", seen_at=START + 1)


def test_device_that_comes_again_after_its_life_stays() -> None:
    change = change_for_sign_in(SEEN, PHONE, START + LIFE)
    assert change == when(f"SET #devices.#{fingerprint(PHONE)} = :seen_at", seen_at=START + LIFE)


def test_what_was_not_seen_for_90_days_is_forgotten_with_the_next() -> None:
    assert change_for_sign_in({"old": START - LIFE, "late": START}, PHONE, START).text.endswith(
        " REMOVE #devices.#old"
    )


@pytest.mark.parametrize(("size", "gone"), [(MOST - 1, ""), (MOST, " REMOVE #devices.#d0")])
def test_the_oldest_gives_way_where_there_are_too_many(size: int, gone: str) -> None:
    change = change_for_sign_in(many(size), PHONE, START + LIFE - 1)
    assert change.text == f"SET #devices.#{fingerprint(PHONE)} = :seen_at{gone}"


def test_known_device_takes_nobody_s_place() -> None:
    devices = {**many(MOST - 1), **SEEN}
    assert "REMOVE" not in change_for_sign_in(devices, PHONE, START + LIFE - 1).text


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


def test_neither_address_nor_name_is_kept() -> None:
    text = str(change_for_sign_in({}, PHONE, START))
    assert not [part for part in ("198.51", "Firefox") if part in text]
