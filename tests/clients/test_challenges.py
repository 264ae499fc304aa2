"""Our TypeScript client and the library of ALTCHA solve challenges of ours, and the reverse."""

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gatehouse import challenges
from tests.support.challenges import solve
from tests.support.node import ROOT, bundle, need_node, run

KEY = b"k" * 32
FOR = challenges.bind(KEY, "forgot", "ada@example.org")
BODY = {"email": "ada@example.org"}
WIDGET = {"provider": "turnstile", "site_key": "site", "action": "forgot"}


def new() -> dict[str, Any]:
    # The library compares with the time of this machine.
    return {"provider": "altcha", **challenges.new_challenge(KEY, FOR, int(time.time()))}


def verify(solution: str) -> str:
    now = int(time.time())
    return challenges.verify_solution(solution, key=KEY, binding=FOR, now=now)


@cache
def script(folder: Path) -> Path:
    need_node()
    bundle(ROOT / "clients/typescript/test/challenge.ts", folder / "challenge.mjs")
    return folder / "challenge.mjs"


def ask(folder: Path, challenge: dict[str, Any], times: int = 1, widget: str = "") -> Any:
    """Returns what the TypeScript client did about a challenge that it met ``times`` times."""
    done = run("node", str(script(folder)), json.dumps(challenge), str(times), widget)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# The TypeScript client, in Node.js.


def test_client_solves_the_challenge_and_repeats_the_request(tmp_path: Path) -> None:
    challenge = new()
    report = ask(tmp_path, challenge)
    first, second = report["bodies"]
    assert first == BODY
    assert {**second, "solution": ""} == {**BODY, "solution": ""}
    assert verify(second["solution"]) == challenge["signature"]
    assert report["refused"] is False


def test_client_tells_when_it_solves_and_keeps_responding(tmp_path: Path) -> None:
    report = ask(tmp_path, new())
    assert report["told"] == [True, False]
    assert report["ticks"] > 0


def test_client_solves_a_second_challenge_if_the_first_came_to_nothing(tmp_path: Path) -> None:
    report = ask(tmp_path, new(), times=2)
    assert len(report["bodies"]) == 3
    assert report["refused"] is False


def test_client_gives_up_after_two_challenges(tmp_path: Path) -> None:
    report = ask(tmp_path, new(), times=9)
    assert len(report["bodies"]) == 3
    assert report["refused"] == "challenge_failed"


def test_client_gets_the_token_of_a_widget_from_the_page(tmp_path: Path) -> None:
    report = ask(tmp_path, WIDGET, widget="yes")
    assert report["asked"] == [WIDGET]
    assert report["bodies"] == [BODY, {**BODY, "solution": "a token"}]
    assert report["told"] == [True, False]


def test_client_without_a_widget_hands_the_refusal_on(tmp_path: Path) -> None:
    report = ask(tmp_path, WIDGET)
    assert (report["bodies"], report["refused"]) == ([BODY], "challenge_required")


# The reference implementation.


@pytest.fixture
def altcha() -> Any:
    return pytest.importorskip("altcha")


def test_reference_solves_our_challenge(altcha: Any) -> None:
    challenge = new()
    theirs = altcha.Challenge.from_dict(challenge)
    solution = altcha.Payload(theirs, altcha.solve_challenge(theirs)).to_base64()
    assert verify(solution) == challenge["signature"]


def test_reference_accepts_the_solution_of_our_client(altcha: Any, tmp_path: Path) -> None:
    solution = ask(tmp_path, new())["bodies"][1]["solution"]
    assert altcha.verify_solution(solution, KEY).verified


def test_we_and_the_reference_refuse_the_same(altcha: Any) -> None:
    challenge = new()
    challenge["parameters"]["expiresAt"] += 1
    solution = solve(challenge)
    assert not altcha.verify_solution(solution, KEY).verified
    with pytest.raises(ValueError, match="not one of ours"):
        verify(solution)


def test_our_client_solves_a_challenge_of_the_reference(altcha: Any, tmp_path: Path) -> None:
    theirs = altcha.create_challenge("PBKDF2/SHA-256", 10, counter=77, hmac_secret=KEY).to_dict()
    report = ask(tmp_path, {"provider": "altcha", **theirs})
    assert altcha.verify_solution(report["bodies"][1]["solution"], KEY).verified
