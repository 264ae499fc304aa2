"""Tables of the generated pages, in Markdown."""

from collections.abc import Iterable


def table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Returns a table with the given head, a line each for the rows."""
    line = "|---" * (head.count("|") - 1) + "|"
    return "\n".join([head, line, *(f"| {' | '.join(row)} |" for row in rows)])
