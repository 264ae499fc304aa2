"""The modules of the page import each other in one direction only."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

from harness.template import ROOT

SOURCES = ROOT / "web" / "src"
IMPORT = re.compile(r"^(?:import|export) .*?from \"(\.[^\"]+)\.js\";", re.MULTILINE | re.DOTALL)


def imports(path: Path) -> set[Path]:
    """Returns the modules of the page that a module imports, including imports of types."""
    text = path.read_text(encoding="utf-8")
    named = {(path.parent / name).resolve().with_suffix(".ts") for name in IMPORT.findall(text)}
    return {each for each in named if each.is_relative_to(SOURCES)}


def test_no_module_of_the_page_imports_itself_through_others() -> None:
    graph = {path: imports(path) for path in SOURCES.rglob("*.ts")}
    assert graph[SOURCES / "main.ts"]
    order = [*TopologicalSorter(graph).static_order()]
    assert set(graph) == set(order)
