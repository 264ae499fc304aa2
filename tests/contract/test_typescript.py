"""The page and the TypeScript client: their types match docs/openapi.json, and they compile."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.node import MODULES, ROOT, WEB, need_node, run

CLIENT = ROOT / "clients" / "typescript"


@pytest.fixture(autouse=True)
def _node() -> None:
    need_node()


def generate(document: Path, target: Path) -> None:
    options = ["--default-non-nullable=false", "--output", str(target)]
    done = run("openapi-typescript", str(document), *options)
    assert done.returncode == 0, done.stderr


def compiled_with(document: dict[str, Any], folder: Path) -> str:
    """Returns what the compiler reports for page and client if this document described the API."""
    for source in ("web/src", "clients/typescript/src"):
        shutil.copytree(ROOT / source, folder / source)
    for config in ("tsconfig.json", "tsconfig.base.json"):
        shutil.copy(WEB / config, folder / "web")
    (folder / "web/node_modules").symlink_to(MODULES)
    (folder / "openapi.json").write_text(json.dumps(document))
    generate(folder / "openapi.json", folder / "clients/typescript/src/schema.ts")
    return run("tsc", "--noEmit", cwd=folder / "web").stdout


@pytest.fixture
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text())
    return loaded


def test_types_of_the_client_are_those_of_the_document(tmp_path: Path) -> None:
    generate(ROOT / "docs" / "openapi.json", tmp_path / "schema.ts")
    schema = (tmp_path / "schema.ts").read_text()
    assert schema == (CLIENT / "src" / "schema.ts").read_text(), "run `make types-client`"


@pytest.mark.parametrize("project", [WEB, CLIENT], ids=lambda path: path.name)
def test_sources_compile(project: Path) -> None:
    done = run("tsc", "--noEmit", "--project", str(project))
    assert (done.stdout, done.returncode) == ("", 0)


def test_page_compiles_when_nothing_changed(document: dict[str, Any], tmp_path: Path) -> None:
    assert compiled_with(document, tmp_path) == ""


def test_page_does_not_compile_when_a_field_is_renamed(
    document: dict[str, Any], tmp_path: Path
) -> None:
    fields = document["components"]["schemas"]["ChangePassword"]
    fields["properties"]["old_password"] = fields["properties"].pop("current_password")
    fields["required"] = ["old_password", "new_password"]
    said = compiled_with(document, tmp_path)
    assert "views/profile.ts" in said
    assert "'old_password' is missing" in said
    assert said in (CLIENT / "README.md").read_text(), "the README shows another error"


def test_page_does_not_compile_when_a_route_is_gone(
    document: dict[str, Any], tmp_path: Path
) -> None:
    document["paths"]["/session/{id}"] = document["paths"].pop("/sessions/{id}")
    assert "views/sessions.ts" in compiled_with(document, tmp_path)


def test_same_sources_build_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for target in (first, second):
        assert run("node", "build.mjs", str(target)).returncode == 0
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def test_built_pages_have_no_inline_script_or_style(tmp_path: Path) -> None:
    assert run("node", "build.mjs", str(tmp_path)).returncode == 0
    for page in tmp_path.glob("*.html"):
        text = page.read_text()
        assert "<style" not in text
        assert " style=" not in text
        assert all(each.startswith(("<script src=", "<script type=")) for each in _scripts(text))
        assert all("src=" in each for each in _scripts(text))


def _scripts(text: str) -> list[str]:
    return [part.split(">")[0] for part in ("<script" + p for p in text.split("<script")[1:])]
