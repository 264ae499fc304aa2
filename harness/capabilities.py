"""The named policies of template.yaml: the YAML anchor of a policy names a capability."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from harness.template import ROOT, functions, grants

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Capability:
    """One policy of a function."""

    name: str
    """The anchor; empty for a policy that only one function has."""
    statements: tuple[Statement, ...]


@cache
def capabilities(function: str) -> tuple[Capability, ...]:
    """Returns the capabilities of a function, in the order of the template."""
    properties = functions()[function]
    policies = properties.get("Policies", [])
    pairs = zip(_names()[properties["CodeUri"]], policies, strict=True)
    return tuple(Capability(name, tuple(grants(policy))) for name, policy in pairs)


class _Loader(yaml.SafeLoader):
    """Keeps the anchors of a document, which PyYAML forgets when the document ends."""

    def compose_document(self) -> yaml.Node | None:
        self.get_event()  # type: ignore[no-untyped-call]
        node = self.compose_node(None, 0)
        self.get_event()  # type: ignore[no-untyped-call]
        return node


@cache
def _names() -> dict[str, list[str]]:
    """Returns the names of each function's policies, by its CodeUri."""
    loader = _Loader((ROOT / "template.yaml").read_text(encoding="utf-8"))
    document = loader.get_single_node()
    assert document
    # An alias is composed to the very node of its anchor.
    names = {id(node): name for name, node in loader.anchors.items()}
    found: dict[str, list[str]] = {}
    for resource in _fields(_fields(document)["Resources"]).values():
        properties = _fields(_fields(resource)["Properties"])
        if "CodeUri" in properties:
            policies = properties.get("Policies")
            nodes = policies.value if policies else []
            found[properties["CodeUri"].value] = [names.get(id(node), "") for node in nodes]
    return found


def _fields(node: yaml.Node) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value}
