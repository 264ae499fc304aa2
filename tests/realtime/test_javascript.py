"""The official JavaScript client, in Node, uses every feature once."""

import json
import shutil
import subprocess
import time
from typing import Any

import jwt
import pytest

from harness.loopback_gateway import gateway
from tests.realtime.test_drops import CLIENTS_FOLDER, need_client

EXPECTED = {
    "subscribed": True,
    "join": "ada",
    "publication": {"data": {"text": "hello"}, "offset": 1, "user": "ada"},
    "presence": 2,
    "stats": {"numClients": 2, "numUsers": 1},
    "history": [[2, "again"]],
    "time": "number",
    "noSuchProcedure": 108,
    "foreign": 103,
    "unlisted": 102,
    "recovered": [True, True],
    "missed": ["missed", "live"],
    "loop": "subscribed",
    "leave": "ada",
    "invalid": 3500,
    "expired": {"asked": 1, "state": "connected"},
}


@pytest.fixture(scope="module")
def findings() -> Any:
    need_client()
    with gateway(seed=7) as running:

        def token(**claims: Any) -> str:
            return jwt.encode({"sub": "ada", **claims}, running.secret, algorithm="HS256")

        options = {
            "url": running.url,
            "token": token(),
            "expired": token(exp=int(time.time()) - 1),
            "foreign": "user:bob",
        }
        node = [shutil.which("node") or "node", "centrifuge-tour.mjs", json.dumps(options)]
        done = subprocess.run(
            node, cwd=CLIENTS_FOLDER, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", EXPECTED)
def test_client_finds(findings: Any, what: str) -> None:
    assert findings[what] == EXPECTED[what]


def test_nothing_else_was_tried(findings: Any) -> None:
    assert set(findings) == set(EXPECTED)
