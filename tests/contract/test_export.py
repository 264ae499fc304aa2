"""The list of what is stored about a user covers every key, and is what the guide says."""

import inspect

import pytest

from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.flows.lifecycle.delete_account import DeleteAccount, delete_account
from gatehouse.flows.lifecycle.export_account import Export, export_account
from gatehouse.flows.lifecycle.stored_data import NOT_ABOUT_USERS, REMOVED, STORED_DATA, Stored
from gatehouse.realtime.channels import RULES
from gatehouse.stores import item_keys
from gatehouse.stores.table import Key
from harness.moto_backend import PASSWORD, MotoBackend
from harness.socket_harness import SocketHarness
from harness.tables import items
from harness.template import ROOT
from tests.support.people import PHONE, Person, person

ON_THE_LIST = {name for line in STORED_DATA for name in line.keys}
PARTS = {part for line in STORED_DATA for part in line.export}

USER = "a" * 32


def keys() -> set[str]:
    """Returns the names of the functions of ``item_keys`` that return a key."""
    return {
        name
        for name, function in vars(item_keys).items()
        if inspect.isfunction(function)
        and not name.startswith("_")
        and inspect.signature(function).return_annotation is Key
    }


def kinds(*, exported: bool) -> set[str]:
    """Returns the kinds of items in a user's partition, by the first part of their sort key."""
    prefixes = set()
    for name in {each for line in STORED_DATA if line.export or not exported for each in line.keys}:
        function = getattr(item_keys, name)
        parameters = inspect.signature(function).parameters
        if "user_id" in parameters:
            key = function(*[USER for _ in parameters])
            if key["pk"] == f"USER#{USER}":
                prefixes.add(key["sk"].partition("#")[0])
    return prefixes


@pytest.fixture
def ada(moto: MotoBackend) -> Person:
    """A user with something of each exported kind."""
    user = person(moto, name="Ada")
    change = RequestEmailChange.model_validate({"new_email": "a@b.example", "password": PASSWORD})
    request_email_change(moto.backend, user.identity, change, PHONE)
    channel = RULES.personal(user.user.id)
    moto.backend.realtime.streams.append(channel, '{"data":1}', now=moto.clock.now(), life=60)
    return user


def test_every_key_is_on_the_list() -> None:
    """On failure, add a line to flows/lifecycle/stored_data.py: is it exported, is it removed?"""
    assert keys() == ON_THE_LIST | set(NOT_ABOUT_USERS)
    assert not ON_THE_LIST & set(NOT_ABOUT_USERS)


def test_every_part_of_an_export_is_on_the_list() -> None:
    assert set(Export.__dataclass_fields__) == PARTS


def test_nobody_has_an_item_of_another_kind(moto: MotoBackend, ada: Person) -> None:
    rows = items(moto.dynamodb, "AccountsTable")
    mine = [item for item in rows if item["pk"]["S"] == f"USER#{ada.user.id}"]
    assert {item["sk"]["S"].partition("#")[0] for item in mine} == kinds(exported=True)


def test_what_is_not_exported_of_a_user_is_of_the_moment() -> None:
    assert kinds(exported=False) - kinds(exported=True) == {"CONN"}


def test_export_of_somebody_with_all_of_them_lacks_nothing(moto: MotoBackend, ada: Person) -> None:
    export = export_account(moto.backend, ada.identity)
    assert [part for part in PARTS if not getattr(export, part)] == []


def test_nothing_that_is_to_be_removed_is_left(moto: MotoBackend, ada: Person) -> None:
    sockets = SocketHarness(moto)
    sockets.client(ada.user)
    delete_account(sockets.backend, ada.identity, DeleteAccount(password=PASSWORD), PHONE)
    rows = items(moto.dynamodb, "AccountsTable") + items(moto.dynamodb, "RealtimeTable")
    kinds_left = {item["pk"]["S"].partition("#")[0] for item in rows}
    # The links of the change of address, counters, and the keys of the deployment.
    assert kinds_left == {"LINK", "LIMIT", "KEYRING"}
    assert ada.user.email not in str(rows)
    assert "a@b.example" not in str(rows)


def row(line: Stored) -> str:
    parts = ", ".join(f"`{part}`" for part in line.export) or "no"
    return f"| {line.what} | {parts} | {line.afterwards} |"


def test_guide_has_the_list() -> None:
    """On failure, copy these lines to docs/accounts.md."""
    guide = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")
    table = "| Stored | Exported as | After the deletion |\n|---|---|---|"
    assert "\n".join([table, *map(row, STORED_DATA)]) in guide


def test_line_of_what_stays_does_not_say_that_it_is_removed() -> None:
    assert [line.what for line in STORED_DATA if line.export and line.afterwards != REMOVED] == []
