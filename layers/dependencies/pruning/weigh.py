"""Refuses a layer that has grown too large: `python3 pruning/weigh.py <folder> <most bytes>`."""

import sys
from pathlib import Path


def weigh(folder: Path) -> int:
    """Bytes of all files of a folder, as Lambda unpacks them."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    size, most = weigh(Path(sys.argv[1])), int(sys.argv[2])
    if size > most:
        sys.exit(f"the dependencies weigh {size / 1e6:.1f} MB, at most {most / 1e6:.1f} are meant")
