"""Challenges as clients solve them, a simulated provider, and mail budgets that are used up."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gatehouse.backend.root import Backend
from harness.moto_backend import CHALLENGE_KEY, client_of_backend

Challenge = Mapping[str, Any]


def solve(challenge: Challenge) -> str:
    """Returns the solution of a proof of work, as a client of ALTCHA sends it."""
    return packed(challenge, counter=counter_of(challenge))


def counter_of(challenge: Challenge) -> int:
    """Returns the counter that solves a challenge."""
    parameters = challenge["parameters"]
    nonce, salt = bytes.fromhex(parameters["nonce"]), bytes.fromhex(parameters["salt"])
    for counter in range(10_000):
        password = nonce + counter.to_bytes(4, "big")
        key = hashlib.pbkdf2_hmac("sha256", password, salt, parameters["cost"], 32)
        if key.hex().startswith(parameters["keyPrefix"]):
            return counter
    raise LookupError("no counter solves the challenge")


def packed(challenge: Challenge, **solution: Any) -> str:
    """Returns a challenge and a solution, right or wrong, in the form in which they are sent."""
    work = {"parameters": challenge["parameters"], "signature": challenge["signature"]}
    return encoded({"challenge": work, "solution": solution})


def encoded(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


@dataclass
class Provider:
    """A provider of challenges. It notes what it is asked, and confirms every token."""

    verdict: Any = None
    """What it answers instead, if set: a document, or an exception to raise."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, form: Mapping[str, str]) -> Any:
        self.asked.append((url, dict(form)))
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return {"success": True} if self.verdict is None else self.verdict


def with_widget(
    backend: Backend, provider: Provider | None = None, *, name: str = "turnstile"
) -> Backend:
    """Returns a backend that requires a provider's token of every request for a mail."""
    if CHALLENGE_KEY not in _names():
        client_of_backend("secretsmanager").create_secret(
            Name=CHALLENGE_KEY, SecretString="our key\n"
        )
    settings: Any = {
        "challenge": "always",
        "challenge_provider": name,
        "challenge_site_key": "site",
        "challenge_secret": CHALLENGE_KEY,
    }
    return replace(
        backend,
        settings=replace(backend.settings, **settings),
        siteverify=provider or Provider(),
    )


def _names() -> list[str]:
    secrets = client_of_backend("secretsmanager").list_secrets()["SecretList"]
    return [each["Name"] for each in secrets]


def use_up(backend: Backend, budget: str, *parts: str) -> None:
    """Uses up the parts of a mail budget for this hour."""
    now, most = backend.clock.now(), backend.settings.mail_budget
    for part in parts:
        assert backend.accounts.counters.count(
            "mails", f"{budget}-{part}", now // 3_600, most=most, ttl=now + 7_200, times=most
        ), "a part of the budget was drawn from before"
