"""Neither an answer, nor the work behind it, nor its time reveals whether an address is known.

Only the service's own CPU time counts. Time in simulated AWS and in other processes is excluded.
The classes are interleaved at random and compared by rank, so no threshold in seconds is needed.
"""

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from gatehouse import limits
from gatehouse.flows.accounts import check_password
from gatehouse.flows.accounts.address_code import code_to_mail
from gatehouse.identity import parse_address
from gatehouse.passwords import verify_password
from harness.functions import Answer
from harness.moto_backend import PASSWORD
from tests.security.conftest import Watched
from tests.support.evidence import Record
from tests.support.faults import Snapshot
from tests.support.statistics import separability

KNOWN, UNKNOWN, OFF, PENDING, DAMAGED = (
    f"{name}@example.com" for name in ("ada", "nobody", "off", "new", "damaged")
)
WRONG = "not her password at all"
SAMPLES = 250
LEFT_OUT = {"not verified", "damaged hash"}
"""Classes that are not timed. To a sign-in, an unverified address is an unknown one. A damaged hash
is logged, which takes a tenth of the time of a hash of cost 4, but 1/2000 of one of cost 12."""

Ask = Callable[[Watched], Answer]


def _log_in(email: str) -> Ask:
    return lambda app: app.log_in(email, WRONG)


def _register(email: str) -> Ask:
    return lambda app: app.register(email)


def _post(path: str, email: str) -> Ask:
    return lambda app: app.ask("POST", path, {"email": email})


def _wrong_code(email: str) -> Ask:
    def ask(app: Watched) -> Answer:
        right = code_to_mail(app.moto.backend, parse_address(PENDING))
        wrong = "000000" if right != "000000" else "000001"
        app.wire.clear()
        body = {"email": email, "code": wrong, "password": PASSWORD}
        return app.ask("POST", "/register/verify", body)

    return ask


def _move_to(email: str) -> Ask:
    body = {"new_email": email, "password": PASSWORD}

    def ask(app: Watched) -> Answer:
        token = app.moto.access_token(_ada(app))
        app.wire.clear()
        return app.ask("POST", "/emails/change", body, token=token)

    return ask


def _ada(app: Watched) -> Any:
    user = app.moto.backend.accounts.users.by_email(parse_address(KNOWN))
    assert user
    return user


CLASSES: dict[str, dict[str, Ask]] = {
    "POST /login": {
        "unknown": _log_in(UNKNOWN),
        "wrong password": _log_in(KNOWN),
        "disabled": _log_in(OFF),
        "damaged hash": _log_in(DAMAGED),
        "not verified": _log_in(PENDING),
    },
    "POST /register": {
        "unknown": _register(UNKNOWN),
        "known": _register(KNOWN),
        "disabled": _register(OFF),
        "not verified": _register(PENDING),
    },
    "POST /register/resend": {
        "unknown": _post("/register/resend", UNKNOWN),
        "known": _post("/register/resend", KNOWN),
        "not verified": _post("/register/resend", PENDING),
    },
    "POST /register/verify": {
        "unknown": _wrong_code(UNKNOWN),
        "known": _wrong_code(KNOWN),
        "disabled": _wrong_code(OFF),
        "not verified": _wrong_code(PENDING),
    },
    "POST /passwords/forgot": {
        "unknown": _post("/passwords/forgot", UNKNOWN),
        "known": _post("/passwords/forgot", KNOWN),
        "disabled": _post("/passwords/forgot", OFF),
    },
    "POST /emails/change": {
        "to an unknown address": _move_to(UNKNOWN),
        "to a known address": _move_to("canary@example.com"),
    },
}


@pytest.fixture
def people(strict_app: Watched) -> Watched:
    """An app with a known user, a disabled user, a registration that is not verified, and a user
    whose hash was damaged when it was imported."""
    app = strict_app
    app.moto.user(KNOWN)
    app.moto.backend.accounts.users.set_password_hash(app.moto.user(DAMAGED), "$2b$12$cut")
    app.moto.disable(app.moto.user(OFF))
    app.register(PENDING)
    return app


def _price(app: Watched, hashes: list[str], ask: Ask) -> tuple[Any, dict[str, Any]]:
    """Returns what the answer says, and what it cost."""
    hashes.clear()
    app.wire.clear()
    answer = ask(app)
    count = Counter(call.operation for call in app.wire.calls)
    reads = count["get_item"] + count["query"]
    writes = count["put_item"] + count["update_item"] + count["delete_item"]
    return (answer.status, answer.text, sorted(answer.headers.items()), answer.cookies), {
        "reads": reads,
        "writes": writes,
        "transactions": count["transact_write_items"],
        "writes in them": [
            len(call.request["TransactItems"])
            for call in app.wire.calls
            if call.operation == "transact_write_items"
        ],
        "queue calls": count["send_message"],
        "hashes": len(hashes),
    }


@pytest.mark.parametrize("route", CLASSES)
def test_known_and_unknown_get_the_same_answer_at_the_same_price(
    people: Watched, hashes: list[str], route: str, evidence: Record
) -> None:
    for ask in CLASSES[route].values():
        ask(people)  # the first request reads the process's secrets
    prices = {name: _price(people, hashes, ask) for name, ask in CLASSES[route].items()}
    first = next(iter(prices.values()))
    for name, each in prices.items():
        assert each == first, name
        shown = {key: value for key, value in each[1].items() if key != "writes in them"}
        evidence(
            "Enumeration: cost of an answer",
            {"route": route, "class": name, "status": each[0][0], **shown},
        )


class Stopwatch:
    """Measures the CPU time of this thread, without the time spent in AWS clients."""

    def __init__(self, app: Watched) -> None:
        self._away = 0
        real = app.wire.carry

        def carry(*args: Any) -> Any:
            begin = time.thread_time_ns()
            try:
                return real(*args)
            finally:
                self._away += time.thread_time_ns() - begin

        app.wire.carry = carry  # type: ignore[method-assign, assignment]

    def measure(self, act: Callable[[], object]) -> int:
        self._away = 0
        begin = time.thread_time_ns()
        act()
        return time.thread_time_ns() - begin - self._away


def _sample(app: Watched, classes: dict[str, Ask]) -> dict[str, list[int]]:
    watch, dice = Stopwatch(app), random.Random(7)
    samples: dict[str, list[int]] = {name: [] for name in classes}
    for ask in classes.values():
        ask(app)
    order = [name for name in classes for _ in range(SAMPLES)]
    dice.shuffle(order)
    snapshot = Snapshot(app.moto)
    for number, name in enumerate(order):
        if number % 25 == 0:
            # The simulation slows down as its table grows.
            snapshot.restore()
        app.wire.clear()
        samples[name].append(watch.measure(lambda ask=classes[name]: ask(app)))  # type: ignore[misc]
    return samples


@pytest.mark.parametrize("route", ["POST /login", "POST /passwords/forgot"])
def test_known_and_unknown_take_the_same_time(
    people: Watched, monkeypatch: pytest.MonkeyPatch, route: str, evidence: Record
) -> None:
    monkeypatch.setattr(limits, "count", lambda *_, **__: None)
    # An address that waits for verification has no account either. Its cost is compared above.
    classes = {name: ask for name, ask in CLASSES[route].items() if name not in LEFT_OUT}
    samples = _sample(people, classes)
    for name, times in samples.items():
        apart = separability(times, samples["unknown"])
        evidence(
            "Enumeration: time",
            {
                "route": route,
                "class": name,
                "samples": len(times),
                "median (ms)": f"{statistics.median(times) / 1e6:.2f}",
                "separability (0.5: none, 1: full)": f"{apart:.2f}",
            },
        )
        assert 0.25 < apart < 0.75, (name, apart)


def test_the_measurement_would_see_a_hash_that_is_left_out(
    people: Watched, monkeypatch: pytest.MonkeyPatch, evidence: Record
) -> None:
    def careless(password: str, stored: str | None, *args: Any, **kwargs: Any) -> bool:
        return stored is not None and verify_password(password, stored, *args, **kwargs)

    monkeypatch.setattr(check_password, "verify_password", careless)
    monkeypatch.setattr(limits, "count", lambda *_, **__: None)
    classes = {name: CLASSES["POST /login"][name] for name in ("unknown", "wrong password")}
    samples = _sample(people, classes)
    apart = separability(samples["wrong password"], samples["unknown"])
    evidence(
        "Enumeration: time",
        {
            "route": "POST /login, weakened: no hash for an unknown address",
            "class": "wrong password",
            "samples": SAMPLES,
            "median (ms)": f"{statistics.median(samples['wrong password']) / 1e6:.2f}",
            "separability (0.5: none, 1: full)": f"{apart:.2f}",
        },
    )
    assert apart > 0.9
