"""Builds the packages: a zip per function, and layers that point to folders on this machine."""

import io
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)


class SourceBroken(Exception):
    """A file does not compile, or a function has no files. The message says where and why."""


def function_zip(folder: Path) -> bytes:
    """Returns a zip of the folder's files. The same content always gives the same bytes.

    Raises:
        SourceBroken: the folder is missing or empty.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    if not files:
        raise SourceBroken(f"{folder.name}: the folder of this function is missing or empty")
    return _zipped({str(path.relative_to(folder)): path.read_bytes() for path in files})


def layer_zip(folder: Path) -> bytes:
    """Returns a layer with one `.pth` file, by which Python's `site` finds `folder`.

    If the layer held copies, every worker would unpack and compile them again.
    """
    return _zipped({"python/local.pth": f"{folder}\n".encode()})


def check_sources(*folders: Path) -> None:
    """Checks that sources compile, before they replace ones that do.

    Raises:
        SourceBroken: a file does not compile.
    """
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            try:
                compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                line = getattr(error, "lineno", None) or 1
                name = f"{path.parent.name}/{path.name}"
                raise SourceBroken(f"{name}:{line}: {getattr(error, 'msg', error)}") from error


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return buffer.getvalue()
