"""Builds build/local: a bare interpreter for the functions and this machine's dependency layer.

Each set of requirements has its own folder, which gets its name only when it is complete. An
interrupted build therefore starts over, and a running stack keeps the files that it runs on.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uv

from local.settings import BUILD, RUNTIME_REQUIREMENTS
from local.terminal import step


class BuildFailed(Exception):
    """The dependencies could not be installed. The message says why."""


@dataclass(frozen=True)
class Build:
    """The interpreter and the dependencies that the functions run on."""

    folder: Path

    @property
    def interpreter(self) -> Path:
        """The path of a Python without packages."""
        return self.folder / "python" / "bin" / "python"

    @property
    def dependencies(self) -> Path:
        """The folder with the content of the dependency layer."""
        return self.folder / "dependencies"


def ensure() -> Build:
    """Returns the build for these requirements and this interpreter. Creates it if it is missing.

    When several stacks start at the same time, one of them builds and the others wait.

    Raises:
        BuildFailed: the dependencies could not be installed.
    """
    wanted = Build(BUILD / _fingerprint())
    if not wanted.folder.exists():
        with step("Installing the functions' dependencies"), _one_at_a_time():
            if not wanted.folder.exists():
                _make(wanted)
    return wanted


def _fingerprint() -> str:
    parts = RUNTIME_REQUIREMENTS.read_bytes(), sys.version.encode(), sys.base_prefix.encode()
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Holds the build lock. The lock is released with its process, however that ends."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(wanted: Build) -> None:
    draft = Build(BUILD / "draft")
    shutil.rmtree(draft.folder, ignore_errors=True)
    venv.create(draft.folder / "python", with_pip=False, symlinks=True)
    _install(draft)
    draft.folder.rename(wanted.folder)


def _install(into: Build) -> None:
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--require-hashes"]
    command += ["--python", str(into.interpreter), "--compile-bytecode"]
    command += ["--target", str(into.dependencies), "--requirements", str(RUNTIME_REQUIREMENTS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BuildFailed(done.stderr.strip())
