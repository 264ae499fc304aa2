"""The official Python client's own test suite, from its source package, passes against our socket.

The suite was written for Centrifugo. Rules and a secret configure the socket as the suite expects.
Only its JSON half runs: API Gateway cannot carry Protobuf, which is binary.
"""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from gatehouse import app_tokens
from gatehouse.realtime.channels import Rule, Rules, anyone, owner
from gatehouse.websocket import frame_lock
from harness.loopback_gateway import NetworkFaults, gateway
from harness.template import ROOT
from tests.support.evidence import Record

PACKAGE = "centrifuge-python"
CACHE = ROOT / "build" / "outside"
SECRET = "secret"
"""The secret that the suite signs its tokens with."""

PASSED = 62
"""The number of tests in the suite."""

LIMIT = 120
"""Seconds. The suite takes about five, but waits for events without a timeout."""

OPEN: dict[str, Any] = {
    "publish": anyone,
    "presence": anyone,
    "history": anyone,
    "history_life": 300,
    "join_leave": True,
}
CENTRIFUGO = Rules(
    (
        Rule(pattern="#*", subscribe=owner, **OPEN),
        Rule(pattern="smallhistory:*", token=True, history_size=2, **OPEN),
        Rule(pattern="*", token=True, **OPEN),
    ),
    personal_prefix="#",
    names=re.compile(r"[#A-Za-z0-9_:-]+"),
)
"""The channels that the suite's docker-compose.yml configures."""


def pinned() -> str:
    """Returns the requirement of the package in requirements-dev.txt, with its hashes."""
    text = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    (requirement,) = re.findall(rf"^{PACKAGE}==\S+ (?:\\\n +--hash=\S+ ?)+", text, re.MULTILINE)
    return str(requirement).replace("\\\n", "")


def source_package() -> Path:
    """Returns the path of the source package, and downloads it if it is missing."""
    archives = list(CACHE.glob("centrifuge_python-*.tar.gz"))
    if not archives:
        CACHE.mkdir(parents=True, exist_ok=True)
        wanted = CACHE / "wanted.txt"
        wanted.write_text(pinned(), encoding="utf-8")
        asked = ["--no-deps", "--no-binary", ":all:", "--require-hashes", "-r", str(wanted)]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(CACHE), *asked]
        # To read its name, pip needs its build backend, which has no hash in requirements-dev.txt.
        subprocess.run(pip, check=True, timeout=LIMIT)
        archives = list(CACHE.glob("centrifuge_python-*.tar.gz"))
    (package,) = archives
    return package


def unpacked(package: Path, folder: Path, port: int) -> None:
    """Unpacks the tests and changes them to use our address and JSON only."""
    with tarfile.open(package) as archive:
        archive.extractall(folder, filter="data")
    (tests,) = folder.glob("*/tests")
    tests.rename(folder / "tests")
    for path in (folder / "tests").glob("*.py"):
        text = path.read_text(encoding="utf-8").replace("localhost:8000", f"127.0.0.1:{port}")
        path.write_text(text.replace("in (False, True)", "in (False,)"), encoding="utf-8")


@pytest.mark.filterwarnings("ignore:.*HMAC key.*")
def test_its_own_tests_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Record
) -> None:
    monkeypatch.setattr(app_tokens, "MIN_SECRET", len(SECRET))
    # The tests do not wait for a subscription. They expect the server to complete it before it
    # handles a later command of another client. Handled one at a time, no frame waits for another.
    monkeypatch.setattr(frame_lock, "PATIENCE", 0)
    in_turn = {"workers": 1, "network": NetworkFaults(latency=0)}
    with gateway(rules=CENTRIFUGO, secret=SECRET, **in_turn) as running:
        unpacked(source_package(), tmp_path, running.port)
        done = subprocess.run(
            [sys.executable, "-m", "unittest", "tests.test_client"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
    report = done.stderr
    (ran,) = re.findall(r"^Ran (\d+) tests", report, re.MULTILINE)
    failed = re.findall(r"^(?:FAIL|ERROR): (\S+)", report, re.MULTILINE)
    evidence(
        "The Python client's own tests",
        {"client": PACKAGE, "passed": int(ran) - len(failed), "of": int(ran)},
    )
    assert (failed, int(ran)) == ([], PASSED), report[-5000:]
