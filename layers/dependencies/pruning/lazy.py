"""Defers the imports of a package until one of the imported names is used.

`python3 pruning/lazy.py <folder of packages> <package> ...`

A package imports a name that it only re-exports when the name is first read (PEP 562). Every name
stays where it was. Only the time at which its module runs changes. Files are replaced, never
modified in place: installers link them to a cache that other environments share.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEAD = "\n\ndef __getattr__(name):\n    match name:\n"
_CASE = "        case {name!r}:\n            {statement}\n"
_TAIL = """\
        case _:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
"""


@dataclass(frozen=True)
class Package:
    """A package: its full name and its submodules."""

    name: str
    submodules: frozenset[str]

    def lazy(self, text: str) -> str:
        """Returns its ``__init__.py`` with the imports deferred that the file itself does not use.

        A name that is also a submodule of the package is imported as before: importing the
        submodule would replace the object of that name. Calls made only for their effect, for
        example adding a handler to the package's logger, are removed together with their imports.
        """
        tree = ast.parse(text)
        calls = [node for node in tree.body if _is_call(node)]
        body = [node for node in tree.body if node not in calls]
        used = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
        waiting = [
            node
            for node in body
            if isinstance(node, ast.ImportFrom) and self._waits(node, used | {"*", "annotations"})
        ]
        if not waiting:
            return text
        lines = text.splitlines(keepends=True)
        for node in sorted([*waiting, *calls], key=lambda node: -node.lineno):
            del lines[node.lineno - 1 : node.end_lineno]
        cases = (case for node in waiting for case in self._cases(node))
        return "".join([*lines, _HEAD, *cases, _TAIL])

    def _waits(self, node: ast.ImportFrom, used: set[str]) -> bool:
        names = {alias.asname or alias.name for alias in node.names}
        if names & used:
            return False
        return names <= self.submodules if self._is(node) else not names & self.submodules

    def _is(self, node: ast.ImportFrom) -> bool:
        """Whether the import is from the package itself, so that its names are submodules."""
        return node.module == self.name or (node.level == 1 and not node.module)

    def _cases(self, node: ast.ImportFrom) -> Iterator[str]:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            # A submodule cannot be imported with `from`, which would read the name and recurse.
            statement = f"from {module} import {alias.name} as value"
            if self._is(node):
                statement = f"import {self.name}.{alias.name} as value"
            yield _CASE.format(name=alias.asname or alias.name, statement=statement)


def _is_call(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def main(root: Path, names: list[str]) -> None:
    """Replaces the ``__init__.py`` of each package."""
    for name in names:
        path = root.joinpath(*name.split("."), "__init__.py")
        known = frozenset(each.stem for each in path.parent.iterdir())
        text = Package(name, known).lazy(path.read_text(encoding="utf-8"))
        path.unlink()
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
