"""docs/decisions/README.md: the index of the decisions."""

import re
from collections.abc import Iterator
from pathlib import Path

from docs.generator.pages import GENERATED
from docs.generator.tables import table

FOLDER = Path(__file__).parents[1] / "decisions"

_ABOUT = """\
Half a page each: the context, the choice, the alternatives, and what the choice costs. A decision
that another one replaces stays, and says which.
"""

_TITLE = re.compile(r"# (?P<number>\d+)\. (?P<title>.+)\n+(?P<date>\d{4}-\d\d-\d\d)\n")


def decisions_page() -> str:
    """Returns the whole page."""
    parts = ["# Decisions\n", GENERATED, _ABOUT, table("| | decision | date |", _rows()), ""]
    return "\n".join(parts)


def _rows() -> Iterator[tuple[str, ...]]:
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        head = _TITLE.match(path.read_text(encoding="utf-8"))
        if head is None:
            raise ValueError(f"{path.name} begins with a numbered title, a blank line and a date")
        yield head["number"], f"[{head['title']}]({path.name})", head["date"]
