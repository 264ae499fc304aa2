"""Challenges that a client solves before a stranger's request causes an email. No I/O.

``altcha`` is a proof of work in the protocol of ALTCHA, version 2: the client derives keys with
PBKDF2 from a nonce and a counter, until one begins as the challenge says. The server chooses the
counter, so the work has an upper bound. The challenge is signed, so that nothing of it is stored.

``turnstile`` and ``hcaptcha`` are services whose widget gives the client a token.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from gatehouse import strict_json
from gatehouse.errors import MalformedJson, Unavailable

ALGORITHM = "PBKDF2/SHA-256"
COST = 5_000
"""PBKDF2 iterations for one counter: 3 ms of a server's CPU."""

COUNTERS = 400
"""Counters that the client may have to try. On average, it tries half of them."""

LIFE = 600
"""Seconds for which a challenge can be solved."""

MAX_SOLUTION = 4_096
"""Maximum characters of a solution. A token of ``hcaptcha`` can have more than 2,000."""

OPERATORS_FAULTS = frozenset(
    {
        "internal-error",
        "invalid-input-secret",
        "invalid-sitekey",
        "missing-input-secret",
        "sitekey-secret-mismatch",
    }
)
"""Error codes of siteverify that no client can cause."""

_KEY_LENGTH, _PREFIX_LENGTH = 32, 16


def bind(key: bytes, purpose: str, account: str) -> str:
    """Returns a name for one purpose and one email address that reveals neither."""
    return hmac.digest(key, f"for\n{purpose}\n{account}".encode(), "sha256").hex()[:32]


def new_challenge(key: bytes, binding: str, now: int) -> dict[str, object]:
    """Creates a signed challenge that is good for one binding and for ``LIFE`` seconds."""
    nonce, salt = secrets.token_bytes(16), secrets.token_bytes(16)
    derived = _derive(nonce, salt, COST, secrets.randbelow(COUNTERS))
    parameters = {
        "algorithm": ALGORITHM,
        "cost": COST,
        "data": {"for": binding},
        "expiresAt": now + LIFE,
        "keyLength": _KEY_LENGTH,
        "keyPrefix": derived[:_PREFIX_LENGTH].hex(),
        "nonce": nonce.hex(),
        "salt": salt.hex(),
    }
    return {"parameters": parameters, "signature": _sign(key, parameters)}


def verify_solution(solution: str, *, key: bytes, binding: str, now: int) -> str:
    """Returns the signature of the solved challenge, which names it. The caller uses it up.

    The signature is verified before anything in the challenge is used. It covers the algorithm and
    the cost too, so no client chooses them.

    Args:
        solution: Base64 of the JSON object that clients of ALTCHA send.

    Raises:
        ValueError: the challenge is not ours, is for something else, has expired or is not solved.
    """
    parameters, signature, counter = _read(solution)
    if not hmac.compare_digest(signature.encode(), _sign(key, parameters).encode()):
        raise ValueError("the challenge is not one of ours")
    if parameters["expiresAt"] <= now or parameters["data"]["for"] != binding:
        raise ValueError("the challenge has expired, or is for something else")
    nonce, salt = bytes.fromhex(parameters["nonce"]), bytes.fromhex(parameters["salt"])
    if (
        not _derive(nonce, salt, parameters["cost"], counter)
        .hex()
        .startswith(parameters["keyPrefix"])
    ):
        raise ValueError("the counter is not the solution")
    return signature


def is_confirmed(verdict: Any, action: str) -> bool:
    """Whether a provider's answer to siteverify confirms the token.

    A token that names another action was obtained for another purpose.

    Raises:
        Unavailable: the answer is none, or says that the provider or the operator is at fault.
    """
    if not isinstance(verdict, dict):
        raise Unavailable("the provider of challenges sent no verdict")
    if verdict.get("success") is True:
        return verdict.get("action") in (None, "", action)
    if faults := OPERATORS_FAULTS.intersection(map(str, verdict.get("error-codes") or ())):
        raise Unavailable(f"the provider of challenges answered {sorted(faults)}")
    return False


def _read(solution: str) -> tuple[dict[str, Any], str, int]:
    """Returns parameters, signature and counter of a solution, without trusting any of them."""
    try:
        document = strict_json.loads(base64.b64decode(solution, validate=True).decode())
        challenge, counter = document["challenge"], document["solution"]["counter"]
        parameters, signature = challenge["parameters"], challenge["signature"]
    except (KeyError, TypeError, MalformedJson):
        raise ValueError("the solution has another form") from None
    if not isinstance(parameters, dict) or not isinstance(signature, str):
        raise ValueError("the challenge has another form")
    if type(counter) is not int or not 0 <= counter < 2**32:
        raise ValueError("the counter is not a 32-bit number")
    return parameters, signature, counter


def _sign(key: bytes, parameters: Mapping[str, Any]) -> str:
    """Returns the signature over the parameters as JSON with sorted keys, in hexadecimal."""
    text = json.dumps(parameters, separators=(",", ":"), sort_keys=True)
    return hmac.digest(key, text.encode(), "sha256").hex()


def _derive(nonce: bytes, salt: bytes, cost: int, counter: int) -> bytes:
    password = nonce + counter.to_bytes(4, "big")
    return hashlib.pbkdf2_hmac("sha256", password, salt, cost, _KEY_LENGTH)
