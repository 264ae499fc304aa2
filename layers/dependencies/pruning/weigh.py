"""Fails if a layer is too large: `python3 pruning/weigh.py <folder> <maximum bytes>`."""

import sys
from pathlib import Path


def weigh(folder: Path) -> int:
    """Returns the size of all files of a folder in bytes, as Lambda unpacks them."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    size, most = weigh(Path(sys.argv[1])), int(sys.argv[2])
    if size > most:
        sys.exit(f"the dependencies take {size / 1e6:.1f} MB, the maximum is {most / 1e6:.1f} MB")
