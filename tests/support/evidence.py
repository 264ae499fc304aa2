"""Figures that tests found out, printed after a run and, if asked for, written to a page.

A test records a row with ``evidence(table, row)``. ``EVIDENCE=docs/evidence.md`` in the environment
of a run writes all tables there (``make evidence``).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Record = Callable[[str, dict[str, Any]], None]
PREFIX = "evidence: "

INTRODUCTION = """# Evidence

Written by `make evidence` from a run of the tests: what was tried against accounts, socket and
page, and what came of it. Nothing here depends on the machine, except what is called a median.
"""


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Record:
    """Records a row of a table; a report carries it to whoever runs the tests."""

    def record(table: str, row: dict[str, Any]) -> None:
        request.node.user_properties.append((PREFIX + table, row))

    return record


def tables(reports: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """The tables of a run by their titles, rows in the order of their first columns."""
    by_title: dict[str, list[dict[str, Any]]] = {}
    for report in reports:
        for name, row in getattr(report, "user_properties", ()):
            if name.startswith(PREFIX) and report.when == "call":
                by_title.setdefault(name.removeprefix(PREFIX), []).append(row)
    return {
        title: sorted(rows, key=lambda row: [str(each) for each in row.values()])
        for title, rows in sorted(by_title.items())
    }


def as_text(rows: list[dict[str, Any]]) -> list[str]:
    """A table for a page, and for eyes."""
    names = list(rows[0])
    lines = [names, *[[str(row[name]) for name in names] for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    shown = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    return [shown[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *shown[1:]]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    by_title = tables(terminalreporter.getreports("passed") + terminalreporter.getreports("failed"))
    page = [INTRODUCTION]
    for title, rows in by_title.items():
        terminalreporter.write_sep("-", title)
        lines = as_text(rows)
        for line in lines:
            terminalreporter.write_line(line)
        page.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
    target = os.environ.get("EVIDENCE")
    if target and by_title:
        Path(target).write_text("\n".join(page), encoding="utf-8")
