"""What is built and checked with Node.js, where it is installed."""

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
    """Skips, and says why, where Node.js or its packages are missing; in CI that is a failure."""
    if not (shutil.which("node") and (MODULES / ".bin" / "tsc").exists()):
        missing("Not tested: Node.js or the packages of web/ are missing (make web).")


def need_page() -> None:
    """Skips, and says why, where the page was not built; in CI that is a failure."""
    if not PAGE.exists():
        missing("Not tested: the page was not built (make web).")


def missing(what: str) -> NoReturn:
    """Says plainly what is not tested; where everything has to be there, that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    # A developer without Node.js or Chromium still tests the rest; CI came no further than above.
    pytest.skip(what)


def run(*command: str, cwd: Path = WEB) -> "subprocess.CompletedProcess[str]":
    """A program of Node.js; those of packages by their names."""
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
    """One script of TypeScript as one of JavaScript, with what it imports."""
    done = run(
        "esbuild", str(source), "--bundle", "--platform=node", "--format=esm", f"--outfile={target}"
    )
    assert done.returncode == 0, done.stderr
