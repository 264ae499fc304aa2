"""Makes imports wait until somebody needs what they bring.

`python3 pruning/lazy.py <folder of packages> <package> ...`

A package imports what it only hands on when somebody asks for it (PEP 562): every name stays where
it was, what changes is when its module runs. Files are replaced, never written into: installers
link them to a cache that other environments share.
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
    """A package by its full name, and the modules in it."""

    name: str
    submodules: frozenset[str]

    def lazy(self, text: str) -> str:
        """Returns its ``__init__.py`` with imports that wait, where the file does not use them.

        A name that is a module of the package as well stays as it is: importing that module would
        put it in the place of what the name stood for. Calls that are made for their effect only,
        such as a handler for the package's own log, are left out with what they need.
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
        """Whether the import is from the package itself, so that its names are modules."""
        return node.module == self.name or (node.level == 1 and not node.module)

    def _cases(self, node: ast.ImportFrom) -> Iterator[str]:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            # A module of its own cannot come by `from`, which asks for the name before it imports.
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
