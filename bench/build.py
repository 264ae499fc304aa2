"""Builds the measured code in build/bench as it is on Lambda: pruned and compiled."""

import compileall
import shutil
import subprocess
import venv
from pathlib import Path

import uv

ROOT = Path(__file__).parents[1]
BENCH = ROOT / "bench"
REFERENCES = BENCH / "references"
BUILD = ROOT / "build" / "bench"
INTERPRETER = BUILD / "python" / "bin" / "python"
RUNTIME = BUILD / "runtime"
"""Lambda's own runtime, which every function runs on."""
ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "eu-central-1",
}
"""Credentials that botocore needs even when AWS is simulated in memory."""
LAYERS = (BUILD / "auth", BUILD / "dependencies")
SAMPLE = BUILD / "sample"
NODE = BUILD / "node"


def build() -> None:
    """Builds everything from scratch, so that no stale file is measured."""
    shutil.rmtree(BUILD, ignore_errors=True)
    venv.create(BUILD / "python", with_pip=False, symlinks=True)
    _install(RUNTIME, BENCH / "runtime.txt")
    auth, dependencies = LAYERS
    install_dependencies(dependencies)
    _run("make", "-C", ROOT / "layers" / "dependencies", "prune", f"TARGET={dependencies}")
    _install(SAMPLE, REFERENCES / "sample" / "requirements.txt")
    _compiled(ROOT / "layers" / "auth" / "gatehouse", auth / "gatehouse")
    _compiled(ROOT / "functions", BUILD / "functions")
    _compiled(REFERENCES, BUILD / "references")
    _compiled(BENCH / "probe", BUILD / "probe")


def install_dependencies(target: Path) -> None:
    """Installs the unpruned packages of the dependency layer."""
    _install(target, ROOT / "layers" / "dependencies" / "requirements.txt")


def build_node() -> bool:
    """Bundles the Node handler. Returns False if npm is not installed."""
    if not shutil.which("npm"):
        return False
    source = NODE / "source"
    shutil.copytree(REFERENCES / "node", source)
    _run("npm", "ci", "--silent", cwd=source)
    _run("npm", "run", "--silent", "build", "--", "--outfile=../app.mjs", cwd=source)
    shutil.copy(source / "bootstrap.mjs", NODE)
    shutil.rmtree(source)
    return True


def size(*folders: Path) -> int:
    """Returns the bytes of all files in the folders."""
    paths = (path for folder in folders for path in folder.rglob("*"))
    return sum(path.stat().st_size for path in paths if path.is_file())


def _install(target: Path, requirements: Path) -> None:
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--require-hashes"]
    command += ["--python", str(INTERPRETER), "--compile-bytecode"]
    _run(*command, "--target", target, "--requirements", requirements)


def _compiled(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "node"))
    compileall.compile_dir(target, quiet=1)


def _run(*command: str | Path, cwd: Path = ROOT) -> None:
    plain = [str(part) for part in command]
    subprocess.run(plain, check=True, cwd=cwd, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
