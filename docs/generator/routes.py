"""docs/routes.md: every route with its function, flow, limit, and the grants that it uses."""

import ast
import importlib
import inspect
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

from docs.generator.openapi import apis
from docs.generator.pages import GENERATED
from docs.generator.tables import table
from gatehouse import limits
from gatehouse.errors import TooManyRequests
from gatehouse.http.api import Route
from harness.capabilities import Capability, capabilities
from harness.template import functions

USED_GRANTS = Path(__file__).parent / "used_grants.json"
"""What tests/support/used_grants.py found when it carried every route out."""

_ABOUT = """\
Each route is declared in its function's `app.py`, and its flow is the code that carries it out.
[limits.md](limits.md) has the rates, [openapi.json](openapi.json) the inputs, answers and errors.

Grants are policies of template.yaml; the table at the end says what each allows. A route is listed
with the grants and tables that it used when the tests carried it out in a new process. Its function
holds the grants of all its routes, and no others.
"""

_SERVICES = {
    "dynamodb": "DynamoDB",
    "sqs": "SQS",
    "secretsmanager": "Secrets Manager",
    "execute-api": "API Gateway",
}


def routes_page() -> str:
    """Returns the whole page."""
    parts = ["# Routes\n", GENERATED, _ABOUT]
    used = json.loads(USED_GRANTS.read_text(encoding="utf-8"))
    for name, api in apis().items():
        parts += [f"## {name}\n", f"{functions()[name]['Description']}.\n"]
        parts += [table(_HEAD, (_row(route, used) for route in api.routes)), ""]
    parts += ["## Grants\n", table("| grant | allows |", _grants(used)), ""]
    return "\n".join(parts)


_HEAD = "| route | flow | signed in | limit | tables | grants |"
_TABLES = {"AccountsTable": "accounts", "RealtimeTable": "realtime"}


def _row(route: Route, used: dict[str, list[str]]) -> tuple[str, ...]:
    name = f"{route.method} {route.path}"
    flows = ", ".join(_link(flow) for flow in flows_of(route.handler))
    grants = [every_capability()[grant] for grant in used.get(name, ())]
    return (
        f"`{name}`",
        flows,
        "yes" if route.signed_in else "",
        _limit(route),
        ", ".join(_tables(grants)),
        " ".join(f"`{grant.name}`" for grant in grants),
    )


def every_capability() -> dict[str, Capability]:
    """Returns the capabilities of all functions by their names."""
    return {each.name: each for name in functions() for each in capabilities(name)}


def _tables(grants: list[Capability]) -> list[str]:
    names = {_resource(each) for grant in grants for s in grant.statements for each in _listed(s)}
    return [short for name, short in _TABLES.items() if f"`{name}`" in names]


def flows_of(handler: Any) -> Iterator[FunctionType]:
    """Yields the flows that a handler names, in the order of its lines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(handler)))
    scope = dict(handler.__globals__)
    # A flow that only one route needs is imported in its handler.
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            scope |= vars(importlib.import_module(node.module))
    names = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    for named in (scope.get(name) for name in dict.fromkeys(names)):
        if isinstance(named, FunctionType) and named.__module__.startswith("gatehouse.flows."):
            yield named


def _link(flow: FunctionType) -> str:
    path = flow.__module__.replace(".", "/")
    short = flow.__module__.removeprefix("gatehouse.flows.").rpartition(".")[0]
    return f"[`{short}.{flow.__name__}`](../layers/auth/{path}.py)"


def _limit(route: Route) -> str:
    names = (name for name, value in vars(limits).items() if value is route.limit)
    if route.limit:
        return f"`{next(names)}`"
    return "in its flow" if TooManyRequests in route.errors else ""


def _grants(used: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    named = {name for grants in used.values() for name in grants}
    for name, capability in every_capability().items():
        if name in named:
            yield f"`{name}`", "; ".join(_allowed(capability))


def _allowed(capability: Capability) -> Iterator[str]:
    for statement in capability.statements:
        (service,) = {action.partition(":")[0] for action in statement["Action"]}
        actions = ", ".join(action.partition(":")[2] for action in statement["Action"])
        names = " and ".join(map(_resource, _listed(statement)))
        keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
        patterns = ", ".join(f"`{key}`" for key in keys.get("dynamodb:LeadingKeys", ()))
        only = f", keys {patterns}" if patterns else ""
        yield f"{_SERVICES[service]} {actions} on {names}{only}"


def _listed(statement: dict[str, Any]) -> list[dict[str, Any]]:
    resources = statement["Resource"]
    return resources if isinstance(resources, list) else [resources]


def _resource(resource: dict[str, Any]) -> str:
    match resource:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return f"`{name}`"
        case {"Fn::Sub": str(text)} if ":execute-api:" in text:
            return "the connections of `SocketApi`"
        case {"Fn::Sub": str(text)} if text.startswith("${RealtimeTable.Arn}/index/"):
            return f"the index `{text.rpartition('/')[2]}` of `RealtimeTable`"
    # A resource that this page cannot name must not be left out of it.
    raise NotImplementedError(resource)
