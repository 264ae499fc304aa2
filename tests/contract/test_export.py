"""Every item in a user's partition is part of the user's export."""

import inspect

import pytest

from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.flows.lifecycle.export_account import Export, export_account
from gatehouse.stores import item_keys
from harness.moto_backend import PASSWORD, MotoBackend
from harness.tables import items
from tests.support.people import PHONE, Person, person

EXPORTED = {
    "PROFILE": {"profile", "devices"},
    "SESSION": {"sessions"},
    "EMAILCHANGE": {"email_change"},
    "EVENT": {"events"},
}
"""The parts of an export that contain each kind of item, by the first part of its sort key."""

PARTS = set[str]().union(*EXPORTED.values())

OF_THE_MOMENT = {"CONN"}
"""Kinds in the realtime table. They are deleted when the socket closes."""


USER = "a" * 32


def kinds() -> set[str]:
    """Returns the kinds of items that ``item_keys`` can name for a user."""
    prefixes = set()
    for function in vars(item_keys).values():
        if inspect.isfunction(function) and "user_id" in inspect.signature(function).parameters:
            key = function(*[USER for _ in inspect.signature(function).parameters])
            if key["pk"] == f"USER#{USER}":
                prefixes.add(key["sk"].partition("#")[0])
    return prefixes


@pytest.fixture
def ada(moto: MotoBackend) -> Person:
    """A user with one item of each kind."""
    user = person(moto, name="Ada")
    change = RequestEmailChange.model_validate({"new_email": "a@b.example", "password": PASSWORD})
    request_email_change(moto.backend, user.identity, change, PHONE)
    return user


def test_every_kind_of_item_of_a_user_is_exported() -> None:
    assert kinds() == set(EXPORTED) | OF_THE_MOMENT


def test_every_part_of_an_export_is_of_a_kind_of_item() -> None:
    assert set(Export.__dataclass_fields__) == PARTS


def test_nobody_has_an_item_of_another_kind(moto: MotoBackend, ada: Person) -> None:
    rows = items(moto.dynamodb, "AccountsTable")
    mine = [item for item in rows if item["pk"]["S"] == f"USER#{ada.user.id}"]
    assert {item["sk"]["S"].partition("#")[0] for item in mine} == set(EXPORTED)


def test_export_of_somebody_with_all_of_them_lacks_nothing(moto: MotoBackend, ada: Person) -> None:
    export = export_account(moto.backend, ada.identity)
    assert [part for part in PARTS if not getattr(export, part)] == []
