"""Runs builds and checks that need Node.js, where it is installed."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
MODULES = WEB / "node_modules"
PAGE = ROOT / "functions" / "pages" / "assets" / "app.html"


def need_node() -> None:
    """Skips the test if Node.js or its packages are missing, or fails it in CI."""
    if not (shutil.which("node") and (MODULES / ".bin" / "tsc").exists()):
        missing("Not tested: Node.js or the packages of web/ are missing (make web).")


def need_page() -> None:
    """Skips the test if the page is not built, or fails it in CI."""
    if not PAGE.exists():
        missing("Not tested: the page was not built (make web).")


def missing(what: str) -> NoReturn:
    """Skips the test with a reason, or fails it in CI, where everything must be installed."""
    if os.environ.get("CI"):
        pytest.fail(what)
    # A developer without Node.js or Chromium can still run the other tests.
    pytest.skip(what)


def run(*command: str, cwd: Path = WEB) -> "subprocess.CompletedProcess[str]":
    """Runs a program. Those of Node.js packages are found by name."""
    path = f"{MODULES / '.bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path, "NODE_PATH": str(MODULES)},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def bundle(source: Path, target: Path) -> None:
    """Bundles a TypeScript file and its imports into one JavaScript file."""
    done = run(
        "esbuild", str(source), "--bundle", "--platform=node", "--format=esm", f"--outfile={target}"
    )
    assert done.returncode == 0, done.stderr
