"""Runs the code of the guides as a reader would."""

import json
import re
import shutil
import subprocess
import sys
from typing import Any

import httpx
import pytest

from harness.local_stack import LocalStack
from tests.support.guides import block

ACCOUNT = {"email": "ada@example.org", "password": "correct horse battery staple"}
USUAL = "http://localhost:8000"


def typed(stack: LocalStack, *blocks: str) -> str:
    """Runs blocks in a shell, with the address of this stack. Returns what they print."""
    text = "\n".join(blocks).replace(USUAL, stack.http)
    assert stack.http in text
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def account(stack: LocalStack) -> None:
    """Ada's account, which the guides start from. It may already exist."""
    assert httpx.post(f"{stack.http}/register", json=ACCOUNT).status_code in (201, 409)


def alike(shown: str, answer: Any) -> None:
    """Asserts that the shown JSON has the members of the answer, in the same order."""
    assert list(json.loads(shown)) == list(answer)


needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed.")


@needs_curl
def test_quick_start_registers(stack: LocalStack) -> None:
    command = block("quick-start.md", "sh", 1)
    name = "ada-of-the-quick-start@example.org"
    user = json.loads(typed(stack, command.replace(ACCOUNT["email"], name)))
    alike(block("quick-start.md", "json"), user)
    assert user["email"] == name


@needs_curl
@pytest.mark.usefixtures("account")
def test_curl_reads_the_profile_and_is_refused(stack: LocalStack) -> None:
    sign_in, change = (block("guides/call-it.md", "sh", number) for number in (0, 1))
    profile, refusal = typed(stack, sign_in, "echo", change).split("\n", 1)
    assert json.loads(profile)["email"] == ACCOUNT["email"]
    alike(block("guides/call-it.md", "json"), json.loads(refusal))
    assert json.loads(refusal)["errors"][0]["pointer"] == "/name"


@pytest.mark.usefixtures("account")
def test_python_talks(stack: LocalStack) -> None:
    program = block("guides/call-it.md", "python").replace(USUAL, stack.http)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    shown = block("guides/call-it.md", "")
    unnamed = [re.sub(r"^[0-9a-f]{32}", "id", text) for text in (done.stdout, shown)]
    assert unnamed[0] == unnamed[1]
