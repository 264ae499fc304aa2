"""Whoever removes the condition of any write learns of it from a test."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.conditions import Site, sites
from tests.support.evidence import Record

ROOT = Path(__file__).parents[2]
SITES = sites()


@pytest.mark.parametrize("site", SITES, ids=lambda site: str(site.name))
def test_condition_is_missed_when_it_is_removed(site: Site, evidence: Record) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-x", "-q", "-rf", "--tb=no"),
            *("-p", "tests.mutation.conditions", "-p", "no:cacheprovider", "-p", "no:xdist"),
            f"tests/unit/stores/test_{site.store}.py",
            *(["tests/races/test_guards.py"] if site.store == "users" else []),
        ],
        cwd=ROOT,
        env={
            **{name: text for name, text in os.environ.items() if not name.startswith("PYTEST")},
            "WITHOUT": site.name,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers/auth'}",
            "EVIDENCE": "",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    failed = re.search(r"^FAILED \S+::(\S+)", run.stdout, re.MULTILINE)
    assert run.returncode == 1, run.stdout + run.stderr
    assert failed, run.stdout
    evidence(
        "Conditions",
        {"without": site.name, "condition": _short(site.text), "fails": failed.group(1)},
    )


def test_every_store_was_looked_at() -> None:
    names = {site.store for site in SITES}
    assert names >= {"counters", "email_changes", "links", "mails", "public_keys"}
    assert names >= {"registrations", "sessions", "users"}
    assert len(SITES) >= 25


def _short(text: str) -> str:
    """The expression without what is around it."""
    found = re.search(r"when\('([^']*)'", text)
    return (found.group(1) if found else text).replace("|", "\\|")
