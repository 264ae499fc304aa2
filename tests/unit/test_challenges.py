"""Challenges: only the solution of a signed, fresh challenge for the same request is accepted."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse import challenges
from gatehouse.errors import Unavailable
from tests.support.challenges import counter_of, encoded, packed, solve

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = 1_800_000_000
FOR = challenges.bind(KEY, "register", "ada@example.com")


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenges, "COST", 10)


def new() -> dict[str, Any]:
    return challenges.new_challenge(KEY, FOR, NOW)


def verify(solution: str, *, key: bytes = KEY, binding: str = FOR, now: int = NOW) -> str:
    return challenges.verify_solution(solution, key=key, binding=binding, now=now)


def refused(solution: str, **others: Any) -> bool:
    try:
        verify(solution, **others)
    except ValueError:
        return True
    return False


def altered(challenge: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**challenge, "parameters": {**challenge["parameters"], **changes}}


def test_solution_names_its_challenge() -> None:
    challenge = new()
    assert verify(solve(challenge)) == challenge["signature"]


def test_challenges_are_different() -> None:
    assert len({new()["signature"] for _ in range(20)}) == 20


def test_work_has_an_upper_bound() -> None:
    assert all(counter_of(new()) < challenges.COUNTERS for _ in range(5))


def test_work_is_that_of_the_documents() -> None:
    assert (challenges.ALGORITHM, challenges.COUNTERS) == ("PBKDF2/SHA-256", 400)
    assert new()["parameters"]["algorithm"] == "PBKDF2/SHA-256"


def test_challenge_names_neither_purpose_nor_address() -> None:
    assert not [word for word in ("register", "ada") if word in json.dumps(new())]


def test_solution_with_another_number_is_refused() -> None:
    challenge = new()
    right = counter_of(challenge)
    wrong = [0, right + 1, right - 1, 2**32 - 1, 2**32, -1, 10**30]
    assert all(refused(packed(challenge, counter=n)) for n in wrong if n != right)


@pytest.mark.parametrize("counter", ["7", 7.0, True, None, [7], {"n": 7}])
def test_number_that_is_none_is_refused(counter: object) -> None:
    assert refused(packed(new(), counter=counter))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expiresAt", NOW + 10**6),
        ("expiresAt", str(NOW + 600)),
        ("expiresAt", None),
        ("cost", 1),
        ("cost", 10**9),
        ("cost", 10.0),
        ("salt", "00" * 16),
        ("nonce", "00" * 16),
        ("nonce", ""),
        ("keyPrefix", ""),
        ("keyPrefix", "0"),
        ("keyLength", 1),
        ("data", {"for": "x"}),
        ("data", {}),
        ("algorithm", "SHA-1"),
        ("algorithm", "SHA-256"),
        ("algorithm", "none"),
        ("algorithm", "PBKDF2/SHA-512"),
        ("extra", 1),
    ],
)
def test_altered_challenge_is_refused(name: str, value: object) -> None:
    challenge = new()
    counter = counter_of(challenge)
    assert refused(packed(altered(challenge, **{name: value}), counter=counter))


def test_challenge_without_one_of_its_parameters_is_refused() -> None:
    challenge = new()
    counter = counter_of(challenge)
    for name in challenge["parameters"]:
        rest = {k: v for k, v in challenge["parameters"].items() if k != name}
        assert refused(packed({**challenge, "parameters": rest}, counter=counter))


def test_spliced_challenge_is_refused() -> None:
    # In version 1 of the protocol, digits could move between the salt, its expiry and the number.
    challenge = new()
    nonce, salt = challenge["parameters"]["nonce"], challenge["parameters"]["salt"]
    counter = counter_of(challenge)
    for moved in ({"nonce": nonce + salt[:2], "salt": salt[2:]}, {"nonce": nonce + "00"}):
        assert refused(packed(altered(challenge, **moved), counter=counter))


def test_challenge_of_another_deployment_is_refused() -> None:
    theirs = challenges.new_challenge(OTHER_KEY, FOR, NOW)
    assert refused(solve(theirs))
    assert refused(solve(new()), key=OTHER_KEY)


@pytest.mark.parametrize("signature", ["", "0" * 64, None, 5, ["x"], "é"])
def test_challenge_without_our_signature_is_refused(signature: object) -> None:
    challenge = new()
    forged = {**challenge, "signature": signature}
    assert refused(packed(forged, counter=counter_of(challenge)))


def test_signature_has_one_spelling() -> None:
    # Otherwise one challenge could be used up once for each spelling.
    challenge = new()
    shouted = {**challenge, "signature": challenge["signature"].upper()}
    assert refused(packed(shouted, counter=counter_of(challenge)))


def test_challenge_expires() -> None:
    solution = solve(new())
    assert verify(solution, now=NOW + challenges.LIFE - 1)
    assert refused(solution, now=NOW + challenges.LIFE)


@pytest.mark.parametrize(
    ("purpose", "account"),
    [("forgot", "ada@example.com"), ("register", "eve@example.com")],
)
def test_challenge_for_another_request_is_refused(purpose: str, account: str) -> None:
    assert refused(solve(new()), binding=challenges.bind(KEY, purpose, account))


@pytest.mark.parametrize(
    "document",
    [
        None,
        5,
        [],
        {},
        {"challenge": {}},
        {"challenge": None, "solution": None},
        {"challenge": {"parameters": [], "signature": "x"}, "solution": {"counter": 1}},
        {"challenge": {"parameters": {}, "signature": "x"}, "solution": {"counter": 1}},
        {"challenge": {"parameters": {}, "signature": "x"}, "solution": 1},
    ],
)
def test_document_of_another_form_is_refused(document: object) -> None:
    assert refused(encoded(document))


@pytest.mark.parametrize(
    "text",
    ["", "!", "é", "e30", "e30=", "\ud800", base64.b64encode(b"\xff").decode(), "W" * 4_096]
    + [base64.b64encode(part * 900).decode() for part in (b"[", b'{"a":')],
)
def test_text_that_is_no_solution_is_refused(text: str) -> None:
    assert refused(text)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_refused_and_nothing_else(text: str) -> None:
    assert refused(text)


# Providers.


@pytest.mark.parametrize("action", [None, "", "register"])
def test_token_for_the_purpose_is_confirmed(action: str | None) -> None:
    assert challenges.is_confirmed({"success": True, "action": action}, "register")


def test_token_for_another_purpose_is_not_confirmed() -> None:
    assert not challenges.is_confirmed({"success": True, "action": "forgot"}, "register")


@pytest.mark.parametrize(
    "verdict",
    [
        {},
        {"success": False},
        {"success": "true"},
        {"success": 1},
        {"success": False, "error-codes": ["timeout-or-duplicate"]},
        {"success": False, "error-codes": ["invalid-input-response"]},
        {"success": False, "error-codes": "bad-request"},
        {"success": False, "error-codes": None},
    ],
)
def test_token_that_the_provider_refuses_is_not_confirmed(verdict: object) -> None:
    assert not challenges.is_confirmed(verdict, "register")


@pytest.mark.parametrize("verdict", [None, [], "yes", True, 5])
def test_answer_that_is_no_verdict_fails_closed(verdict: object) -> None:
    with pytest.raises(Unavailable):
        challenges.is_confirmed(verdict, "register")


@pytest.mark.parametrize("code", sorted(challenges.OPERATORS_FAULTS))
def test_fault_of_the_provider_or_operator_is_not_the_client_s(code: str) -> None:
    with pytest.raises(Unavailable, match=code):
        challenges.is_confirmed({"success": False, "error-codes": [code]}, "register")
