"""Require a solved challenge of a request."""

import hashlib

from gatehouse import challenges
from gatehouse.backend.root import Backend
from gatehouse.errors import ChallengeFailed, ChallengeRequired
from gatehouse.siteverify import URLS


def require_challenge(backend: Backend, purpose: str, account: str, solution: str | None) -> None:
    """Uses up the solution of a challenge for one purpose and one email address.

    A solution is good for one request. Whether the address has an account makes no difference.

    Args:
        account: the canonical email address that the request concerns.

    Raises:
        ChallengeRequired: there is no solution. The refusal carries a challenge.
        ChallengeFailed: the solution is wrong, has expired, was used before, or is for something
            else. The refusal carries another challenge.
        Unavailable: the provider of challenges did not answer.
    """
    if solution is None:
        raise ChallengeRequired(challenge=_challenge(backend, purpose, account))
    name = _verify(backend, purpose, account, solution)
    if name is None or not _use_up(backend, name):
        detail = "The solution is wrong, has expired or was used before. Solve the new challenge."
        raise ChallengeFailed(detail, challenge=_challenge(backend, purpose, account))


def _challenge(backend: Backend, purpose: str, account: str) -> dict[str, object]:
    settings = backend.settings
    if settings.challenge_provider == "altcha":
        key = backend.keys.derived_key("challenges")
        binding = challenges.bind(key, purpose, account)
        work = challenges.new_challenge(key, binding, backend.clock.now())
        return {"provider": "altcha", **work}
    return {
        "provider": settings.challenge_provider,
        "site_key": settings.require("challenge_site_key"),
        "action": purpose,
    }


def _verify(backend: Backend, purpose: str, account: str, solution: str) -> str | None:
    """Returns the name of the solved challenge, or None if it is not solved."""
    if backend.settings.challenge_provider == "altcha":
        key = backend.keys.derived_key("challenges")
        binding = challenges.bind(key, purpose, account)
        now = backend.clock.now()
        try:
            return challenges.verify_solution(solution, key=key, binding=binding, now=now)
        except ValueError:
            return None
    if not _is_confirmed(backend, purpose, solution):
        return None
    return hashlib.sha256(solution.encode()).hexdigest()


def _is_confirmed(backend: Backend, purpose: str, token: str) -> bool:
    settings = backend.settings
    form = {
        "secret": backend.keys.challenge_secret(),
        "response": token,
        "sitekey": settings.require("challenge_site_key"),
    }
    verdict = backend.siteverify(URLS[settings.challenge_provider], form)
    return challenges.is_confirmed(verdict, purpose)


def _use_up(backend: Backend, name: str) -> bool:
    """Whether this is the first request with the solved challenge."""
    ttl = backend.clock.now() + 2 * challenges.LIFE
    return backend.accounts.counters.count("challenge", name, 0, most=1, ttl=ttl)
