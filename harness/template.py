"""Reads template.yaml as data."""

from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[1]


@cache
def template() -> dict[str, Any]:
    """Returns the template as written, with intrinsic functions in their long form."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    parsed: dict[str, Any] = yaml_parse(text)  # type: ignore[no-untyped-call]
    return parsed


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Returns the properties of all resources of a type, by logical ID."""
    entries = template()["Resources"].items()
    return {name: resource["Properties"] for name, resource in entries if resource["Type"] == kind}


def functions() -> dict[str, dict[str, Any]]:
    """Returns the properties of all functions, by the name of their folder."""
    return {
        properties["CodeUri"].removeprefix("functions/"): properties
        for properties in resources("AWS::Serverless::Function").values()
    }


def statements(function: str) -> list[dict[str, Any]]:
    """Returns the statements of a function's role, including those that a parameter enables."""
    policies = functions()[function].get("Policies", [])
    return [statement for policy in policies for statement in grants(policy)]


def grants(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the statements of one policy, with those that a parameter switches on."""
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in policy["Statement"]]


def routes() -> set[tuple[str, str]]:
    """Returns the method and path of every route of the HTTP API.

    Without those of HEAD, which the route of GET answers.
    """
    return {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for properties in functions().values()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi" and event["Properties"]["Method"] != "HEAD"
    }
