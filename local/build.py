"""build/local: a bare interpreter for the functions, and the dependency layer for this machine.

Each set of requirements has a folder of its own, which gets its name when it is complete. So a
build that was interrupted is begun anew, and a stack that is running keeps what it runs on.
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
    """The dependencies could not be installed; the message says why."""


@dataclass(frozen=True)
class Build:
    """What the functions run on."""

    folder: Path

    @property
    def interpreter(self) -> Path:
        """Python without any packages."""
        return self.folder / "python" / "bin" / "python"

    @property
    def dependencies(self) -> Path:
        """The content of the dependency layer."""
        return self.folder / "dependencies"


def ensure() -> Build:
    """What these requirements need with this interpreter, built if it is missing.

    Stacks may start at once: one builds, and the others wait for it.

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
    """The lock goes with its process, however that ends."""
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
