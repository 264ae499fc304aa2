"""Removing the condition of any write makes a test fail.

A short run removes some of them.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.mutation.conditions import sites
from tests.support.evidence import Record

ROOT = Path(__file__).parents[2]
PATHS = os.pathsep.join([str(ROOT), str(ROOT / "layers/auth")])


def test_every_condition_is_missed_when_it_is_removed(evidence: Record) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    run = subprocess.run(
        [sys.executable, "-m", "tests.mutation"],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": PATHS, "EVIDENCE": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    outcomes = json.loads(run.stdout)
    for name, text, test in outcomes:
        row = {"without": name, "condition": _short(text), "failing test": test}
        evidence("Conditions of writes", row)
    assert [name for name, _, test in outcomes if not test] == []


def test_every_store_was_looked_at() -> None:
    names = {site.store for site in sites()}
    assert names >= {"counters", "email_changes", "links", "mails", "public_keys"}
    assert names >= {"registrations", "sessions", "users"}
    assert names >= {"connections", "members", "streams", "cursors"}
    assert len(sites()) >= 35


def _short(text: str) -> str:
    """Returns the condition expression alone."""
    match = re.search(r"when\('([^']*)'", text)
    return (match.group(1) if match else text).replace("|", "\\|")
