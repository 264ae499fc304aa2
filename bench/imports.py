"""Lists what each function imports when it starts, with the layer as it is deployed.

A test compares the list with tests/contract/imports.json. Run `python -m bench.imports` to accept
an intended change of imports.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.layer import pruned_layer

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "tests" / "contract" / "imports.json"

# Modules of the standard library that take long enough to matter.
_HEAVY = {"asyncio", "email", "http.client", "ssl", "urllib.request"}
_PROGRAM = """
import json, sys
before = set(sys.modules)
sys.path[:0] = sys.argv[1:]
import app
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def imports() -> dict[str, list[str]]:
    """Returns third-party packages and heavy standard library modules, by function."""
    folders = sorted(path.parent for path in ROOT.glob("functions/*/app.py"))
    with tempfile.TemporaryDirectory() as place:
        pruned_layer(Path(place))
        return {folder.name: _shown(_modules(folder, place)) for folder in folders}


def text(modules: dict[str, list[str]]) -> str:
    """Returns the text of the file."""
    return json.dumps(modules, indent=2) + "\n"


def _modules(folder: Path, dependencies: str) -> list[str]:
    """Returns the modules that a function's app.py imports in a separate process."""
    # -I -S: only the function's folder and the layers, whatever else is installed here.
    path = [str(folder), str(ROOT / "layers" / "auth"), dependencies]
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, *path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    modules: list[str] = json.loads(done.stdout)
    return modules


def _shown(modules: list[str]) -> list[str]:
    packages = {name.partition(".")[0] for name in modules}
    ours = {"app", "gatehouse"}
    foreign = {name for name in packages - sys.stdlib_module_names - ours if name[0] != "_"}
    return sorted(foreign | (set(modules) & _HEAVY))


if __name__ == "__main__":
    KEPT.write_text(text(imports()), encoding="utf-8")
