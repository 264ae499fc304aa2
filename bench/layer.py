"""Builds the dependency layer from the packages installed on this machine, without downloads."""

import re
import shutil
import subprocess
from importlib.metadata import distribution
from pathlib import Path

LAYER = Path(__file__).parents[1] / "layers" / "dependencies"


def pruned_layer(target: Path) -> None:
    """Copies the packages of the layer's requirements and prunes them as the deployment does."""
    for name in _packages():
        for file in distribution(name).files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                place = target / file
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), place)
    command = ["make", "-C", str(LAYER), "prune", f"TARGET={target}"]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own


def _packages() -> list[str]:
    text = (LAYER / "requirements.txt").read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE)
