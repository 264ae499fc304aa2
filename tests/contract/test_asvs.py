"""docs/asvs.md refers to existing code and tests, and leaves out no requirement."""

import re

import pytest

from harness.template import ROOT

LEDGER = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in LEDGER.splitlines()
    if re.match(r"\| \d", line)
]
CODE = ROOT / "layers" / "auth" / "gatehouse"

LEVELS_1_AND_2 = {
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
    "9.1": 3,
    "9.2": 4,
    "10.4": 11,
}
"""Number of requirements of levels 1 and 2 in each section of release 5.0.0. In each section they
come before those of level 3."""


def test_every_requirement_has_its_row() -> None:
    wanted = [
        f"{section}.{number}"
        for section, count in LEVELS_1_AND_2.items()
        for number in range(1, count + 1)
    ]
    assert [row[0] for row in ROWS] == wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row_says_how_far_it_is_met_and_why(row: list[str]) -> None:
    _, _, state, why = row
    assert state in {"met", "in part", "open", "none", "page"}
    assert why or state == "page"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row_names_files_that_exist(row: list[str]) -> None:
    for name in re.findall(r"`([a-z_/0-9]+\.py)`", row[3]):
        assert (CODE / name).exists() or (ROOT / "tests" / name).exists(), name
