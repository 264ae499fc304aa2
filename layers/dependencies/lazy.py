"""Makes imports wait until somebody needs what they bring.

`python3 lazy.py <folder of packages> <package or module:name> ...`

A package imports what it only hands on when somebody asks for it (PEP 562): every name stays where
it was, what changes is when its module runs. Of a module, the import of one name moves into the
functions that use it. Files are replaced, never written into: installers link them to a cache that
other environments share.
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
        """Its ``__init__.py`` with imports that wait, as far as the file does not use them itself.

        A name that is a module of the package as well stays as it is: importing that module would
        put it in the place of what the name stood for.
        """
        tree = ast.parse(text)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        waiting = [
            node
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and self._waits(node, used | {"*", "annotations"})
        ]
        if not waiting:
            return text
        lines = text.splitlines(keepends=True)
        for node in reversed(waiting):
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


@dataclass(frozen=True)
class Moved:
    """A name that a module needs in few of its functions."""

    name: str

    def lazy(self, text: str) -> str:
        """The module with the name's import before each statement that uses it.

        Raises:
            LookupError: the module does not import the name once, or needs it while it runs.
            SyntaxError: no statement may stand there, as before an ``elif``.
        """
        tree = ast.parse(text)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        inside = {node for each in functions for part in each.body for node in ast.walk(part)}
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        users = [node for node in statements if any(map(self._uses, _own(node)))]
        imports = [
            node
            for node in statements
            if isinstance(node, ast.ImportFrom | ast.Import) and any(map(self._is, node.names))
        ]
        if len(imports) != 1 or not users or not inside.issuperset(users):
            raise LookupError(f"the import of {self.name} cannot move")
        (old,) = imports
        moved = [each for each in old.names if self._is(each)]
        lines = text.splitlines(keepends=True)
        # From the bottom up, so that the numbers of the lines above stay true.
        for user in sorted(users, key=lambda node: -node.lineno):
            lines.insert(user.lineno - 1, _line(user, old, moved))
        lines[old.lineno - 1 : old.end_lineno] = [
            _line(old, old, [each for each in old.names if not self._is(each)])
        ]
        ast.parse("".join(lines))
        return "".join(lines)

    def _is(self, alias: ast.alias) -> bool:
        return (alias.asname or alias.name) == self.name

    def _uses(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self.name


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What belongs to a statement and not to one inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield child
            yield from _own(child)


def _line(place: ast.stmt, old: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> str:
    """The import of some of its names, as far to the right as a statement is."""
    if not names:
        return "\n"
    text = _statement(old, names)
    return f"{' ' * place.col_offset}{text}\n"


def _statement(old: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> str:
    if isinstance(old, ast.Import):
        return ast.unparse(ast.Import(names))
    return ast.unparse(ast.ImportFrom(old.module, names, old.level))


def main(root: Path, targets: list[str]) -> None:
    """Replaces the files of the packages and modules."""
    for target in targets:
        module, _, name = target.partition(":")
        path = root.joinpath(*module.split("."))
        path = path.with_suffix(".py") if name else path / "__init__.py"
        known = frozenset(each.stem for each in path.parent.iterdir())
        change = Moved(name) if name else Package(module, known)
        text = change.lazy(path.read_text(encoding="utf-8"))
        path.unlink()
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
