"""Roles match the code: every function is granted what it does, and nothing else.

Simulated AWS enforces no roles, so the tests run every flow and judge each of its calls.
"""

from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple

import pytest

from harness.events import http
from harness.functions import serve
from harness.moto_backend import moto_backend
from harness.socket_harness import SocketHarness
from harness.template import functions, statements
from tests.support.calls import recorded
from tests.support.exercised import declared, exercised
from tests.support.grants import (
    CONNECTIONS,
    Request,
    allows,
    granting,
    leading_keys,
    requests,
    resources_of,
)
from tests.support.node import need_page
from tests.support.scenarios import SCENARIOS

every_function = pytest.mark.parametrize("function", SCENARIOS)


class Judged(NamedTuple):
    """The outcome of a function's scenario."""

    requests: tuple[Request, ...]
    """The permissions that it requires from IAM."""
    missing: frozenset[str]
    """Declared routes and commands that it did not run successfully."""


@cache
def judged(function: str) -> Judged:
    """Runs the scenario of a function, with all that the function can do."""
    with moto_backend() as moto:
        act = SCENARIOS[function](moto)
        with recorded() as calls, exercised() as succeeded:
            act()
        asked = tuple(request for call in calls for request in requests(call, moto))
        return Judged(asked, frozenset(declared(function, moto.backend) - succeeded))


def made_by(function: str) -> tuple[Request, ...]:
    if function == "pages":
        need_page()
    return judged(function).requests


def partition(request: Request) -> str:
    (key,) = request.context["dynamodb:LeadingKeys"]
    return key


def test_every_function_is_looked_at() -> None:
    assert set(SCENARIOS) == set(functions())


@every_function
def test_every_route_and_command_is_judged(function: str) -> None:
    """On failure, add what is missing to the function's scenario in tests/support/scenarios.py."""
    if function == "pages":
        need_page()
    assert judged(function).missing == frozenset()


def test_route_outside_the_scenario_is_noticed() -> None:
    with moto_backend() as moto, exercised() as succeeded:
        token = moto.access_token(moto.user())
        assert serve("profile", moto.backend)(http("get-profile", token=token)).status == 200
        assert serve("profile", moto.backend)(http("patch-profile", token="x")).status == 401
        missing = declared("profile", moto.backend) - succeeded
    assert missing == {"PATCH /profile", "GET /profile/export"}


def test_command_outside_the_scenario_is_noticed() -> None:
    with moto_backend() as moto, exercised() as succeeded:
        client = SocketHarness(moto).client()
        client.result("rpc", method="time")
        client.error("subscribe", channel="unknown:1")
        missing = declared("realtime", moto.backend) - succeeded
    assert {"connect", "rpc"} == declared("realtime", moto.backend) - missing


@every_function
def test_function_is_granted_what_it_does(function: str) -> None:
    refused = [request for request in made_by(function) if not granting(function, request)]
    assert refused == []


@every_function
def test_function_is_granted_no_action_that_it_does_not_need(function: str) -> None:
    unused = [
        (action, resources_of(statement))
        for statement in statements(function)
        for action in statement["Action"]
        if not action.startswith(CONNECTIONS)
        and not any(
            allows({**statement, "Action": [action]}, request) for request in made_by(function)
        )
    ]
    assert unused == []


@every_function
def test_function_is_granted_no_keys_that_it_does_not_need(function: str) -> None:
    unused = [
        (statement["Action"], pattern)
        for statement in statements(function)
        for pattern in leading_keys(statement)
        if not any(
            allows(statement, request) and fnmatchcase(partition(request), pattern)
            for request in made_by(function)
        )
    ]
    assert unused == []


def request(action: str, table: str = "AccountsTable", **context: str) -> Request:
    names = {"key": "dynamodb:LeadingKeys", "select": "dynamodb:Select"}
    return Request(action, table, {names[name]: frozenset({v}) for name, v in context.items()})


@pytest.mark.parametrize(
    ("function", "refused"),
    [
        ("wellknown", request("dynamodb:GetItem", key="USER#1")),
        ("register", request("dynamodb:Query", key="USER#1")),
        ("login", request("dynamodb:Query", key="EMAIL#a")),
        # Both end sessions: they read and delete items of a user. IAM cannot tell those from the
        # user's own item, but the addresses of users stay out of reach.
        ("sessions", request("dynamodb:DeleteItem", key="EMAIL#a")),
        ("sessions", request("dynamodb:DeleteItem", key="REMOVALS")),
        ("emails", request("dynamodb:Query", key="USER#1")),
        ("profile", request("dynamodb:PutItem", key="USER#1")),
        ("register", request("dynamodb:PutItem", key="KEYRING")),
        ("login", request("dynamodb:DeleteItem", key="EMAIL#a")),
        ("login", request("dynamodb:DeleteItem", key="SWEEPS")),
        ("mailer", request("dynamodb:PutItem", key="USER#1")),
        ("maintenance", request("dynamodb:PutItem", key="USER#1")),
        ("maintenance", request("dynamodb:UpdateItem", key="USER#1")),
        ("realtime", request("dynamodb:GetItem", key="USER#1", select="ALL_ATTRIBUTES")),
        ("realtime", request("dynamodb:GetItem", key="EMAIL#a", select="SPECIFIC_ATTRIBUTES")),
        ("profile", request("secretsmanager:GetSecretValue", "SigningSecret")),
        ("sessions", request("secretsmanager:GetSecretValue", "PepperSecret")),
    ],
)
def test_judge_refuses_what_no_statement_allows(function: str, refused: Request) -> None:
    assert granting(function, refused) == []
