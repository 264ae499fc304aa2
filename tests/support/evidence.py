"""Results that tests record. They are printed after a run and can be written to a page.

A test records a row with ``evidence(table, row)``. With ``EVIDENCE=docs/evidence.md`` in its
environment, a run writes all tables to that page (``make evidence``).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Record = Callable[[str, dict[str, Any]], None]
PREFIX = "evidence: "

INTRODUCTION = """# Evidence

Written by `make evidence` from a test run: what was tried against the accounts, the socket or the
page, and what came of it. Times, separability, and the counts of tests with real sockets or threads
vary from run to run. All other figures are the same on every machine.
"""

CAPTIONS = {
    "400 publications while sockets are cut": (
        "Four official clients publish 100 times each while their sockets are cut: with Gatehouse "
        "nothing is lost, reordered or forged, and only a function that died may send a "
        "publication twice. The naive server is a control that fails."
    ),
    "Size of the page as sent": (
        "The page is loaded once in a browser: all its files together stay below 100,000 bytes."
    ),
    "Conditions of writes": (
        "The condition of each conditional write in the stores is removed in turn: a test fails."
    ),
    "Many sessions": "A user with the most sessions, or with many more that the former version "
    "allowed, calls each route that reads or ends them, with this number of AWS calls.",
    "Costs of a request": (
        "Each route is called once and succeeds, with this number of AWS calls, DynamoDB units and "
        "hashes."
    ),
    "Enumeration: time": (
        "Requests for known and unknown addresses are timed: their times cannot be told apart. "
        "The weakened row is a control that computes no hash for an unknown address."
    ),
    "Enumeration: cost of an answer": (
        "The same request is sent for known and unknown addresses: the answers and their costs are "
        "equal."
    ),
    "Faults": (
        "Each AWS call of each write path fails in five ways, before or after its effect: every "
        "invariant holds after every fault."
    ),
    "Faults of the socket": (
        "Each AWS call of each write path of the socket fails in five ways: nothing is lost, and "
        "only a delivery that died may send a publication twice."
    ),
    "Fuzzing": (
        "Hostile values, broken bodies, random bytes and hostile headers are sent to every route "
        "that reads input, and cookies of the same site, pasted codes and names of people from 40 "
        "scripts to the routes that read them: no answer is a 5xx."
    ),
    "Third-party clients": (
        "Published OAuth and JWT libraries use the service without changes: each of them works."
    ),
    "Third-party clients: Schemathesis": (
        "Schemathesis generates requests from docs/openapi.json: every answer conforms to it."
    ),
    "Parts taken away": (
        "One safeguard of the realtime half is removed at a time: the simulation finds the damage."
    ),
    "Races": (
        "Sixteen concurrent requests compete for one account, link or token: only the expected "
        "number succeeds."
    ),
    "Races of the socket": (
        "Sixteen concurrent calls compete for one offset, cursor, frame or connection: at most one "
        "gets it, and every member receives every publication."
    ),
    "Simulated network faults": (
        "The realtime half runs in simulation while networks and functions fail: nothing is lost, "
        "reordered or left behind."
    ),
    "The Python client's own tests": (
        "The official Python client's own test suite is run against Gatehouse: all tests pass."
    ),
    "Accessibility (axe)": "axe checks each view of the page: it finds no serious violation.",
}
"""For each table, what is attacked or tried and what must come of it, in one or two sentences."""


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Record:
    """Records a row of a table. The report of the test carries it to the terminal summary."""

    def record(table: str, row: dict[str, Any]) -> None:
        assert table in CAPTIONS, table
        request.node.user_properties.append((PREFIX + table, row))

    return record


def tables(reports: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """Returns the tables of a run by title, with their rows sorted."""
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
    """Returns the lines of a table in Markdown, aligned to read well as text."""
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
        page.append(f"## {title}\n\n{CAPTIONS[title]}\n\n" + "\n".join(lines) + "\n")
    target = os.environ.get("EVIDENCE")
    if target and by_title:
        Path(target).write_text("\n".join(page), encoding="utf-8")
