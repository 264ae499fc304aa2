"""Imports, generated pages and requirements: what the tools of the repository guarantee."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from docs.generator.__main__ import PAGES, stale
from harness.template import ROOT

REQUIREMENTS = ["layers/dependencies/requirements.txt", "requirements-dev.txt"]
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,._-]+\])?==[^ ;]+( ; .+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
LAYER = ROOT / "layers" / "auth" / "gatehouse"


# Imports.


def test_imports_go_down_only() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    path = {"PYTHONPATH": str(LAYER.parent), "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run([tool, "--no-cache"], cwd=ROOT, env=path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def imported_at_once(path: Path) -> set[str]:
    """Returns the packages that a module imports when it is itself imported."""
    packages: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            packages |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            packages.add(node.module.split(".")[0])
    return packages


@pytest.mark.parametrize("folder", ["flows", "stores", "realtime", "emails"])
def test_aws_libraries_are_not_imported_here(folder: str) -> None:
    for path in (LAYER / folder).rglob("*.py"):
        assert not imported_at_once(path) & {"boto3", "botocore", "aws_lambda_powertools"}, path


def test_functions_import_nothing_but_the_layer_and_powertools() -> None:
    allowed = {"gatehouse", "aws_lambda_powertools"} | sys.stdlib_module_names
    for path in ROOT.glob("functions/*/app.py"):
        assert imported_at_once(path) <= allowed, path


def imported_anywhere(path: Path) -> set[str]:
    """Returns the packages that a module imports, including imports inside functions."""
    packages: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            packages |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            packages.add(node.module.split(".")[0])
    return packages


@pytest.mark.parametrize("folder", ["bench", "harness", "local"])
def test_nothing_but_tests_imports_tests(folder: str) -> None:
    modules = [*(ROOT / folder).rglob("*.py")]
    assert modules
    assert [path for path in modules if "tests" in imported_anywhere(path)] == []


def test_importing_a_module_of_the_layer_does_nothing() -> None:
    """Module-level calls may only create constants and loggers."""
    for path in LAYER.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            assert isinstance(
                node,
                ast.Import
                | ast.ImportFrom
                | ast.Assign
                | ast.AnnAssign
                | ast.FunctionDef
                | ast.ClassDef
                | ast.Expr
                | ast.If,
            ), path
            if isinstance(node, ast.Expr):
                assert isinstance(node.value, ast.Constant), path
            if isinstance(node, ast.If):
                assert ast.unparse(node.test) == "TYPE_CHECKING", path


# Generated pages.


def test_generated_pages_are_fresh() -> None:
    assert stale() == []


@pytest.mark.parametrize("name", PAGES)
def test_page_is_made_the_same_twice(name: str) -> None:
    assert PAGES[name]() == PAGES[name]()


# Requirements.


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_pinned_with_hashes(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    content = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert content
    for line in content:
        assert PINNED.fullmatch(line) or HASH.fullmatch(line), line


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_hold_no_download_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links| @ ", text)


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_has_a_hash(name: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z])", (ROOT / name).read_text(encoding="utf-8"))
    for block in blocks:
        if "==" in block:
            assert "--hash=sha256:" in block, block


def versions(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;]+)", text, re.MULTILINE))


def test_functions_run_with_the_versions_that_are_tested() -> None:
    tested = versions("requirements-dev.txt")
    assert {
        name: version
        for name, version in versions("layers/dependencies/requirements.txt").items()
        if tested.get(name) != version
    } == {}


def test_warnings_are_errors() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert options["pytest"]["ini_options"]["filterwarnings"] == ["error"]
    assert options["mypy"]["strict"]
