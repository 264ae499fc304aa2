"""build/local: a bare interpreter for the functions, and the dependency layer for this machine."""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import uv

from local.settings import BUILD, RUNTIME_REQUIREMENTS
from local.terminal import step

DEPENDENCIES = BUILD / "dependencies"
INTERPRETER = BUILD / "python" / "bin" / "python"
_STAMP = BUILD / "built-for"


class BuildFailed(Exception):
    """The dependencies could not be installed; the message says why."""


def ensure() -> None:
    """Build what is missing or was built for other requirements or another interpreter."""
    wanted = _fingerprint()
    if _STAMP.exists() and _STAMP.read_text() == wanted and INTERPRETER.exists():
        return
    with step("Installing the functions' dependencies"):
        shutil.rmtree(BUILD, ignore_errors=True)
        venv.create(BUILD / "python", with_pip=False, symlinks=True)
        _install(DEPENDENCIES)
        _STAMP.write_text(wanted)


def _fingerprint() -> str:
    parts = RUNTIME_REQUIREMENTS.read_bytes(), sys.version.encode(), str(BUILD).encode()
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _install(target: Path) -> None:
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--require-hashes"]
    command += ["--python", str(INTERPRETER), "--compile-bytecode"]
    command += ["--target", str(target), "--requirements", str(RUNTIME_REQUIREMENTS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BuildFailed(done.stderr.strip())
