"""The generated pages name every route, command and decision, and say what is so."""

import json
from pathlib import Path

import pytest

from docs.generator import decisions
from docs.generator.openapi import apis, load_app
from docs.generator.routes import USED_GRANTS, flows_of, routes_page
from docs.generator.socket_commands import FLAGS, socket_commands_page
from gatehouse.http.api import Route
from gatehouse.websocket.exchange import Handler
from harness.capabilities import capabilities
from harness.template import functions, statements
from tests.support.used_grants import used_grants

ROUTES = [route for name, api in apis().items() if name != "pages" for route in api.routes]


def test_grants_of_routes_are_those_that_they_use() -> None:
    """Run `make docs` after a route began or ceased to use a grant."""
    assert json.loads(USED_GRANTS.read_text(encoding="utf-8")) == used_grants()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_route_is_listed_with_its_flow(route: Route) -> None:
    (row,) = (
        line
        for line in routes_page().splitlines()
        if line.startswith(f"| `{route.method} {route.path}` |")
    )
    flows = [flow.__name__ for flow in flows_of(route.handler)]
    assert flows
    assert all(f".{flow}`]" in row for flow in flows)


@pytest.mark.parametrize("function", functions())
def test_capabilities_of_a_function_are_its_statements(function: str) -> None:
    granted = [each for capability in capabilities(function) for each in capability.statements]
    assert granted == statements(function)


def test_policy_of_two_functions_has_one_name() -> None:
    by_name = {
        (each.name, json.dumps(each.statements)) for f in functions() for each in capabilities(f)
    }
    named = [name for name, _ in by_name if name]
    assert len(named) == len(set(named))
    assert len(named) > 10


def test_flags_of_commands_are_all_listed() -> None:
    declared = {name for name, kind in Handler.__annotations__.items() if kind in (bool, "bool")}
    assert set(FLAGS) == declared


def test_every_command_has_a_section() -> None:
    page = socket_commands_page()
    for command in load_app("realtime").socket.commands:
        assert f"\n## {command}\n" in page


def test_decision_without_a_date_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001-a.md").write_text("# 1. A title\n\nNo date.\n", encoding="utf-8")
    monkeypatch.setattr(decisions, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"0001-a\.md begins with"):
        decisions.decisions_page()
