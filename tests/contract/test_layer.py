"""The dependency layer as deployed: pruned, with lazy imports, within its maximum size."""

import os
import re
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from bench.layer import LAYER, pruned_layer
from harness.template import ROOT, functions
from layers.dependencies.pruning.lazy import Package
from layers.dependencies.pruning.roots import ROOTS, keep
from layers.dependencies.pruning.weigh import weigh

PROGRAM = """
import sys
sys.path[:0] = {path!r}
import app
from jwt import PyJWKClient, decode
from aws_lambda_powertools import Logger
from cryptography.x509 import Name, verification
assert callable(decode) and callable(PyJWKClient) and callable(Logger) and callable(Name)
assert verification.__name__ == "cryptography.x509.verification"
from pydantic import TypeAdapter
TypeAdapter(int).validate_python(3)
import bcrypt, zxcvbn, idna
from botocore.session import get_session
for service in {services!r}:
    get_session().create_client(service, region_name="eu-central-1")
print(*sorted(sys.modules))
"""


def services() -> list[str]:
    """Returns the services whose descriptions are kept."""
    text = (LAYER / "Makefile").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("SERVICES = ")]
    return line.removeprefix("SERVICES = ").split()


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer for this machine, made from the packages that are installed here."""
    target = tmp_path_factory.mktemp("layer")
    pruned_layer(target)
    return target


@pytest.mark.parametrize("function", sorted(functions()))
def test_function_starts_with_the_pruned_layer(layer: Path, function: str) -> None:
    path = [str(each) for each in (ROOT / "functions" / function, LAYER.parent / "auth", layer)]
    program = PROGRAM.format(path=path, services=services())
    # -S: only the layer, none of the installed packages.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, env={}
    )
    assert done.returncode == 0, done.stderr


def test_layer_holds_no_tests_no_types_and_no_records(layer: Path) -> None:
    left = [path.name for path in layer.rglob("*") if path.is_file()]
    assert not [name for name in left if name in ("RECORD", "METADATA", "WHEEL", "py.typed")]
    assert not [name for name in left if name.endswith(".pyi")]


def test_layer_keeps_the_licenses(layer: Path) -> None:
    licenses = {path.parts[-3] for path in layer.glob("*.dist-info/licenses/*")}
    licenses |= {path.parts[-2] for path in layer.glob("*.dist-info/*") if path.is_file()}
    assert any(name.startswith("botocore") for name in licenses)
    assert any(name.startswith("cryptography") for name in licenses)


def test_layer_is_refused_above_its_bound(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 11)
    command = [sys.executable, str(LAYER / "pruning" / "weigh.py"), str(tmp_path)]
    assert subprocess.run([*command, "11"], check=False).returncode == 0
    assert subprocess.run([*command, "10"], check=False, capture_output=True).returncode == 1


def test_bound_of_the_layer_is_36_megabytes() -> None:
    assert "\nMOST = 36000000\n" in (LAYER / "Makefile").read_text(encoding="utf-8")


def test_files_of_a_folder_are_weighed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(b"12345")
    (tmp_path / "file").write_bytes(b"67")
    assert weigh(tmp_path) == 7


# Lazy imports.

PACKAGE = Package("pkg", frozenset({"inner", "__init__"}))


def test_name_that_is_only_handed_on_waits() -> None:
    text = PACKAGE.lazy("from pkg.inner import a, b as c\n")
    assert "import a, b" not in text
    assert "from pkg.inner import b as value" in text


def test_call_for_its_effect_is_left_out_with_what_it_needs() -> None:
    text = PACKAGE.lazy("from pkg.other import a, b\n\na()\n")
    assert not re.search(r"^a\(\)", text, re.MULTILINE)
    assert "from pkg.other import a as value" in text


@pytest.mark.parametrize(
    "text",
    [
        "from pkg.other import a\nb = a()\n",
        "from pkg.other import *\n",
        "from __future__ import annotations\n",
        "import pkg.inner\n",
        "from pkg.other import inner\n",
    ],
    ids=["used", "star", "future", "plain import", "named like a module"],
)
def test_import_stays(text: str) -> None:
    assert PACKAGE.lazy(text) == text


def test_waiting_names_are_there_when_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "waiting_pkg"
    folder.mkdir()
    (folder / "inner.py").write_text("a = 3\n")
    (folder / "other.py").write_text("b = 4\n")
    text = "from .inner import a\nfrom . import other\n"
    package = Package("waiting_pkg", frozenset({"inner", "other", "__init__"}))
    (folder / "__init__.py").write_text(package.lazy(text))
    program = (
        "import sys, waiting_pkg as w\n"
        "assert 'waiting_pkg.inner' not in sys.modules\n"
        "assert w.a == 3 and w.other.b == 4\n"
        "assert not hasattr(w, 'missing')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


def test_lists_of_passwords_come_without_the_estimates(layer: Path) -> None:
    program = f"""
import sys
sys.path[:0] = {[str(layer)]!r}
from zxcvbn.frequency_lists import FREQUENCY_LISTS
assert len(FREQUENCY_LISTS["passwords"]) == 30_000
assert "zxcvbn.matching" not in sys.modules
"""
    subprocess.run([sys.executable, "-S", "-c", program], check=True)


def test_layer_trusts_the_roots_of_amazon_and_few_others(layer: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(layer / "botocore" / "cacert.pem")
    text = str([each["subject"] for each in context.get_ca_certs()])
    assert text.count("'commonName'") == len(ROOTS)
    assert all(f"'{name}'" in text for name in ROOTS)


def test_layer_is_refused_when_a_root_is_missing() -> None:
    with pytest.raises(LookupError, match="Amazon Root CA 1"):
        keep("")
