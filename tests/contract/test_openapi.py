"""docs/openapi.json is complete and matches the handlers that it is generated from."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from docs.generator.examples import INPUTS, OUTPUTS
from docs.generator.openapi import apis, openapi
from docs.generator.operations import name_of
from gatehouse.http.api import Route
from local.settings import ROOT, TEMPLATE
from local.transform import parse

DOCUMENT = openapi()
ROUTES = [route for api in apis().values() for route in api.routes]

every_route = pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")


def operation(route: Route) -> Any:
    return DOCUMENT["paths"][route.path][route.method.lower()]


def test_document_is_the_committed_one() -> None:
    committed = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert committed == DOCUMENT


def test_every_route_of_the_template_is_told() -> None:
    resources = parse(TEMPLATE)["Resources"].values()
    events = [e for r in resources for e in r["Properties"].get("Events", {}).values()]
    deployed = {
        (each["Properties"]["Method"].lower(), each["Properties"]["Path"])
        for each in events
        if each["Type"] == "HttpApi"
    }
    documented = {(method, path) for path, each in DOCUMENT["paths"].items() for method in each}
    # What HEAD answers follows from GET (RFC 9110 section 9.3.2).
    head = {("head", route.path) for route in ROUTES if "HEAD" in route.methods}
    assert documented | head == deployed
    assert not documented & head


def test_operation_ids_are_unique() -> None:
    ids = [operation(route)["operationId"] for route in ROUTES]
    assert len(ids) == len(set(ids))


@every_route
def test_route_tells_its_statuses(route: Route) -> None:
    statuses = set(operation(route)["responses"])
    declared = {route.status, *route.other_statuses, *(refusal.status for refusal in route.errors)}
    assert {str(status) for status in declared} | {"500", "503"} <= statuses
    assert ("429" in statuses) == (route.limit is not None or 429 in declared)
    assert ("401" in statuses) == (route.signed_in or 401 in declared)


@every_route
def test_route_tells_how_it_is_called(route: Route) -> None:
    entry = operation(route)
    assert ("requestBody" in entry) == (route.body is not None)
    assert (entry.get("security") == [{"bearer": []}]) == route.signed_in
    names = {each["name"] for each in entry.get("parameters", [])}
    assert names >= set(route.query)


@every_route
def test_route_refuses_in_its_own_shape(route: Route) -> None:
    kind = "application/json" if route.form else "application/problem+json"
    for status, answer in operation(route)["responses"].items():
        if int(status) >= 400:
            assert set(answer["content"]) == {kind}


def test_references_lead_somewhere() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            here = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return here.union(*(references(each) for each in value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    for reference in references(DOCUMENT):
        target: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_example_of_an_input_is_valid(name: str) -> None:
    (model,) = {m for r in ROUTES if (m := r.input_model()) and name_of(m) == name}
    model.model_validate(INPUTS[name])


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_example_of_an_output_is_valid(name: str) -> None:
    (model,) = {m for route in ROUTES if (m := route.output_model()) and name_of(m) == name}
    TypeAdapter(model).validate_python(OUTPUTS[name])
