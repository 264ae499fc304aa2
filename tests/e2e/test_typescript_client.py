"""clients/typescript against the local stack, in Node.js."""

import json
from pathlib import Path

from harness.local_stack import LocalStack
from tests.support.node import ROOT, bundle, need_node, run


def test_typescript_client_signs_in_refreshes_once_and_follows_the_socket(
    stack: LocalStack, tmp_path: Path
) -> None:
    need_node()
    bundle(ROOT / "clients/typescript/test/live.ts", tmp_path / "live.mjs")
    script = ["--experimental-websocket", str(tmp_path / "live.mjs"), stack.http, stack.socket]
    done = run("node", *script)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "wrongPassword": "invalid_credentials",
        "profiles": 1,
        "refreshes": 1,
        "invalidField": True,
        "socket": "connected",
        "restored": True,
        "socketEndsWith": 3503,
        "restoredAfterwards": False,
        "signedInAfterwards": False,
        "unreachable": True,
    }
