"""``python -m docs.generator`` writes the generated pages. ``--check`` only compares them."""

import sys
from collections.abc import Callable
from pathlib import Path

from docs.generator import decisions, limits, openapi, pages, routes, socket_commands

DOCS = Path(__file__).parents[1]

PAGES: dict[str, Callable[[], str]] = {
    "openapi.json": openapi.text,
    "errors.md": pages.errors_page,
    "settings.md": pages.settings_page,
    "limits.md": limits.limits_page,
    "routes.md": routes.routes_page,
    "socket-commands.md": socket_commands.socket_commands_page,
    "decisions/README.md": decisions.decisions_page,
}


def stale() -> list[str]:
    """Returns the names of the generated pages that differ from what the code says now."""
    return [name for name, make in PAGES.items() if _read(DOCS / name) != make()]


def main(arguments: list[str]) -> int:
    behind = stale()
    if "--check" in arguments:
        for name in behind:
            print(f"docs/{name} is out of date: run `make docs`", file=sys.stderr)
        return 1 if behind else 0
    for name in behind:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name} written")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
