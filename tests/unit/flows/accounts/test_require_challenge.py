"""Require a challenge: each is good for one request, for one purpose and one address."""

from dataclasses import replace
from typing import Any

import pytest

from gatehouse import challenges
from gatehouse.backend.root import Backend
from gatehouse.errors import ChallengeFailed, ChallengeRequired, Unavailable
from gatehouse.flows.accounts.require_challenge import require_challenge
from gatehouse.siteverify import URLS
from harness.moto_backend import MotoBackend
from tests.support.calls import broken, recorded
from tests.support.challenges import Provider, packed, solve, with_widget

ADA = "ada@example.com"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenges, "COST", 10)


def challenge(backend: Backend, purpose: str = "register", account: str = ADA) -> Any:
    """Returns the challenge that a request without a solution gets."""
    with pytest.raises(ChallengeRequired) as refused:
        require_challenge(backend, purpose, account, None)
    assert refused.value.code == "challenge_required"
    return refused.value.challenge


def passes(backend: Backend, solution: str, purpose: str = "register", account: str = ADA) -> bool:
    try:
        require_challenge(backend, purpose, account, solution)
    except ChallengeFailed:
        return False
    return True


def test_solution_is_good_for_one_request(moto: MotoBackend) -> None:
    solution = solve(challenge(moto.backend))
    assert [passes(moto.backend, solution) for _ in range(3)] == [True, False, False]


def test_solution_sent_in_another_form_is_the_same(moto: MotoBackend) -> None:
    work = challenge(moto.backend)
    solution = solve(work)
    assert passes(moto.backend, solution)
    again = packed(work, derivedKey="", counter=solved_counter(solution), time=3)
    assert again != solution
    assert not passes(moto.backend, again)


def solved_counter(solution: str) -> int:
    import base64
    import json

    counter: int = json.loads(base64.b64decode(solution))["solution"]["counter"]
    return counter


def test_failed_solution_gets_another_challenge_that_can_be_solved(moto: MotoBackend) -> None:
    first = challenge(moto.backend)
    with pytest.raises(ChallengeFailed) as refused:
        require_challenge(moto.backend, "register", ADA, packed(first, counter=2**32 - 1))
    second = refused.value.challenge
    assert second != first
    assert passes(moto.backend, solve(second))


@pytest.mark.parametrize(("purpose", "account"), [("forgot", ADA), ("register", "eve@example.com")])
def test_solution_for_another_request_fails_and_is_not_used_up(
    moto: MotoBackend, purpose: str, account: str
) -> None:
    solution = solve(challenge(moto.backend))
    assert not passes(moto.backend, solution, purpose, account)
    assert passes(moto.backend, solution)


def test_old_solution_fails(moto: MotoBackend) -> None:
    solution = solve(challenge(moto.backend))
    moto.clock.advance(challenges.LIFE)
    assert not passes(moto.backend, solution)


def test_used_challenge_is_remembered_for_longer_than_it_lives(moto: MotoBackend) -> None:
    solution = solve(challenge(moto.backend))
    with recorded() as calls:
        passes(moto.backend, solution)
    (call,) = calls
    assert call.operation == "UpdateItem"
    ttl = int(call.params["ExpressionAttributeValues"][":ttl"]["N"])
    assert ttl > moto.clock.now() + challenges.LIFE


def test_challenge_costs_no_call(moto: MotoBackend) -> None:
    moto.backend.keys.derived_key("challenges")
    with recorded() as calls:
        challenge(moto.backend)
    assert calls == []


def test_wrong_solution_costs_no_call(moto: MotoBackend) -> None:
    moto.backend.keys.derived_key("challenges")
    with recorded() as calls:
        assert not passes(moto.backend, "x")
    assert calls == []


def test_solution_that_cannot_be_used_up_is_not_accepted(moto: MotoBackend) -> None:
    solution = solve(challenge(moto.backend))
    with broken("UpdateItem"), pytest.raises(Unavailable):
        require_challenge(moto.backend, "register", ADA, solution)


def test_challenges_have_a_key_of_their_own(moto: MotoBackend) -> None:
    keys = moto.backend.keys
    assert len({keys.derived_key(each) for each in ("challenges", "limits", "cursors")}) == 3


# Providers.


@pytest.mark.parametrize("name", ["turnstile", "hcaptcha"])
def test_widget_is_described_to_the_client(moto: MotoBackend, name: str) -> None:
    backend = with_widget(moto.backend, name=name)
    assert challenge(backend) == {"provider": name, "site_key": "site", "action": "register"}


@pytest.mark.parametrize("name", ["turnstile", "hcaptcha"])
def test_provider_is_asked_about_the_token_with_our_key(moto: MotoBackend, name: str) -> None:
    provider = Provider()
    assert passes(with_widget(moto.backend, provider, name=name), "token")
    form = {"secret": "our key", "response": "token", "sitekey": "site"}
    assert provider.asked == [(URLS[name], form)]


def test_token_is_good_for_one_request_even_if_the_provider_confirms_it_again(
    moto: MotoBackend,
) -> None:
    backend = with_widget(moto.backend)
    assert [passes(backend, "token") for _ in range(2)] == [True, False]


def test_token_that_the_provider_refuses_fails(moto: MotoBackend) -> None:
    assert not passes(with_widget(moto.backend, Provider({"success": False})), "token")


def test_request_is_refused_while_the_provider_does_not_answer(moto: MotoBackend) -> None:
    backend = with_widget(moto.backend, Provider(Unavailable()))
    with pytest.raises(Unavailable):
        require_challenge(backend, "register", ADA, "token")


def test_proof_of_work_is_no_token_of_a_provider(moto: MotoBackend) -> None:
    solution = solve(challenge(moto.backend))
    backend = with_widget(moto.backend, Provider({"success": False}))
    assert not passes(backend, solution)


@pytest.mark.parametrize("missing", ["challenge_site_key", "challenge_secret"])
def test_provider_without_our_keys_fails_closed(moto: MotoBackend, missing: str) -> None:
    backend = with_widget(moto.backend)
    settings: Any = {missing: ""}
    backend = replace(backend, settings=replace(backend.settings, **settings))
    with pytest.raises(LookupError, match=missing.upper()):
        require_challenge(backend, "register", ADA, "token")
