"""The client networks that an account's owner proved to use."""

from typing import Any

import pytest

from gatehouse.stores.trusted_networks import MOST, Owner
from harness.moto_backend import START, MotoBackend
from harness.tables import items
from tests.support.calls import contend, recorded

ADA = Owner("ada", 4)
WRITTEN = 1_024
"""Bytes that one write unit covers."""


def add(moto: MotoBackend, network: str, owner: Owner = ADA, ends_at: int = START + 10) -> None:
    moto.backend.accounts.trusted_networks.add("account", owner, network, ends_at)


def includes(moto: MotoBackend, network: str, now: int = START, account: str = "account") -> bool:
    return moto.backend.accounts.trusted_networks.includes(account, network, now)


def item(moto: MotoBackend) -> dict[str, Any]:
    (only,) = [each for each in items(moto.dynamodb, "AccountsTable") if "networks" in each]
    return only


@pytest.mark.parametrize(("after", "trusted"), [(0, True), (9, True), (10, False)])
def test_network_is_trusted_until_its_end(moto: MotoBackend, after: int, trusted: bool) -> None:
    add(moto, "aa")
    assert includes(moto, "aa", START + after) is trusted


def test_no_other_network_and_no_other_account_is_trusted(moto: MotoBackend) -> None:
    add(moto, "aa")
    assert not includes(moto, "bb")
    assert not includes(moto, "aa", account="other")


def test_networks_of_one_epoch_are_kept_together(moto: MotoBackend) -> None:
    for network in ("aa", "bb", "0c"):
        add(moto, network)
    assert all(includes(moto, network) for network in ("aa", "bb", "0c"))


def test_next_sign_in_moves_the_end(moto: MotoBackend) -> None:
    add(moto, "aa")
    add(moto, "aa", ends_at=START + 50)
    assert includes(moto, "aa", START + 49)
    assert item(moto)["ttl"] == {"N": str(START + 50)}


@pytest.mark.parametrize("newer", [Owner("ada", 5), Owner("eve", 0)])
def test_next_epoch_or_owner_forgets_the_networks_of_before(
    moto: MotoBackend, newer: Owner
) -> None:
    add(moto, "aa")
    add(moto, "bb", newer)
    assert [includes(moto, network) for network in ("aa", "bb")] == [False, True]


def test_epoch_that_is_over_adds_nothing(moto: MotoBackend) -> None:
    add(moto, "aa")
    add(moto, "bb", Owner("ada", 3))
    assert [includes(moto, network) for network in ("aa", "bb")] == [True, False]


def test_replacement_trusts_no_other_network(moto: MotoBackend) -> None:
    add(moto, "aa")
    trusted = moto.backend.accounts.trusted_networks
    moto.backend.accounts.transact(trusted.replacing("account", Owner("ada", 5), "bb", START + 10))
    assert [includes(moto, network) for network in ("aa", "bb")] == [False, True]


def test_latest_networks_are_kept_and_fit_into_one_write_unit(moto: MotoBackend) -> None:
    names = [f"{number:016x}" for number in range(MOST + 5)]
    for number, name in enumerate(names):
        add(moto, name, Owner("f" * 32, 1_000), START + 100 + number)
    assert [includes(moto, name) for name in names] == [False] * 5 + [True] * MOST
    assert len(str(item(moto)["networks"]["M"])) < 2 * WRITTEN
    stored = sum(len(name) + 13 for name in item(moto)["networks"]["M"])
    assert stored + 200 < WRITTEN


def test_sign_in_at_a_known_network_is_one_write(moto: MotoBackend) -> None:
    add(moto, "aa")
    for network in ("aa", "bb"):
        with recorded() as calls:
            add(moto, network)
        assert [call.operation for call in calls] == ["UpdateItem"]


def test_first_sign_ins_at_the_same_moment_are_both_remembered(moto: MotoBackend) -> None:
    contend("PutItem", [lambda: add(moto, "aa"), lambda: add(moto, "bb")])
    assert [includes(moto, network) for network in ("aa", "bb")] == [True, True]


def test_epoch_that_ends_while_the_surplus_is_dropped_loses_nothing(moto: MotoBackend) -> None:
    for number in range(MOST + 1):
        add(moto, f"{number:02x}", ends_at=START + 100 + number)
    before = item(moto)
    trusted = moto.backend.accounts.trusted_networks
    add(moto, "bb", Owner("ada", 5))
    plain = {"pk": before["pk"]["S"], "sk": before["sk"]["S"]}
    # The network of the new epoch is the oldest of the epoch before.
    networks = {"bb": START, **{f"{number:02x}": START + 1 + number for number in range(MOST)}}
    trusted._drop_surplus({**plain, "networks": networks}, ADA)
    assert includes(moto, "bb")
