"""Every AWS call of every write path fails in turn, before and after its effect: no account is
damaged, and no acknowledged write is lost.

After each fault the answer is the expected status or 503, and no account is half-written. A retry
reaches the same state as a run without faults. A write that was acknowledged needs no retry. A mail
may be sent twice, with the same content.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gatehouse.flows.accounts import drop_sessions
from gatehouse.flows.sign_in import make_room
from gatehouse.identity import known_address
from gatehouse.stores import table, users
from harness.events import mail_event
from harness.functions import CONTEXT
from harness.http_app import HttpApp
from harness.moto_backend import moto_backend
from tests.faults.scenarios import MOST_SESSIONS, SCENARIOS, Given, Scenario
from tests.support.evidence import Record
from tests.support.faults import KINDS, PASSING, REFUSED, Killed, Snapshot, Wire, injections
from tests.support.simulation import quick_transactions

PATIENCE = 200
"""Seconds after which every lease and every claim has expired."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes what is done in batches take several."""
    monkeypatch.setattr(drop_sessions, "BATCH", 3)
    monkeypatch.setattr(make_room, "MAX_SESSIONS", MOST_SESSIONS)
    monkeypatch.setattr(users, "MAX_SESSIONS", MOST_SESSIONS)
    monkeypatch.setattr(table, "MAX_WRITES", 5)


@dataclass
class HttpFaults:
    """A scenario that is prepared once and then run many times from that state."""

    scenario: Scenario
    app: HttpApp
    wire: Wire
    prepared: Given
    snapshot: Snapshot
    mails: list[dict[str, Any]]

    def begin(self) -> Given:
        """Restores the prepared state."""
        self.snapshot.restore()
        self.wire.clear()
        self.app.mails = list(self.mails)
        if self.scenario.cold:
            self.app.serve(replace(self.app.backend))
        return dict(self.prepared)

    def run(self, prepared: Given) -> int | None:
        """Runs the write path once. Returns the status, or None if the process was killed."""
        try:
            return self.scenario.act(self.app, prepared)
        except Killed:
            return None

    def settle(self) -> None:
        """Runs maintenance once, and the mailer for every mail in the queue."""
        self.wire.clear()
        self.app.moto.clock.advance(PATIENCE)
        self.app.apps["maintenance"].handler({}, CONTEXT)
        before = len(self.app.mails)
        self.app.post()
        for mail in self.app.mails[before:]:
            answer = self.app.apps["mailer"].handler(mail_event(json.dumps(mail)), CONTEXT)
            assert answer == {"batchItemFailures": []}

    def outcome(self, prepared: Given) -> Any:
        sent = {mail.subject.rstrip("0123456789") for mail in self.app.moto.sent()}
        return (self.scenario.observe(self.app, prepared), self.templates(), sent)

    def templates(self) -> set[tuple[str, str]]:
        """Returns the template and the recipient of each new mail."""
        new = self.app.mails[len(self.mails) :]
        return {(each["template"], each["to"]) for each in new}


@contextmanager
def faulty_app(scenario: Scenario) -> Iterator[HttpFaults]:
    with quick_transactions(), moto_backend(**scenario.settings) as moto:
        wire = Wire()
        app = HttpApp(moto, wire.backend(moto.backend))
        prepared = scenario.prepare(app)
        app.post()
        yield HttpFaults(scenario, app, wire, prepared, Snapshot(moto), list(app.mails))


def faults(faulty: HttpFaults) -> tuple[Any, list[tuple[str, int]]]:
    """Returns the outcome without a fault, and every fault that the scenario can meet."""
    if not faulty.scenario.cold:
        # The first run reads the secrets and keys of the process.
        faulty.run(faulty.begin())
    prepared = faulty.begin()
    assert faulty.run(prepared) == faulty.scenario.status
    calls = list(faulty.wire.calls)
    faulty.settle()
    whole(faulty.app)
    return faulty.outcome(prepared), injections(calls)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_call_loses_nothing(name: str, evidence: Record) -> None:
    with faulty_app(SCENARIOS[name]) as faulty:
        expected, injected = faults(faulty)
        for kind, number in injected:
            _survives(faulty, kind, number, expected)
    count = Counter(kind for kind, _ in injected)
    evidence(
        "Faults",
        {
            "write path": name,
            "calls": count[REFUSED],
            **{kind: count[kind] for kind in KINDS},
            "invariants held": len(injected),
        },
    )


def _survives(faulty: HttpFaults, kind: str, number: int, expected: Any) -> None:
    scenario = faulty.scenario
    prepared = faulty.begin()
    faulty.wire.clear(kind, number)
    status = faulty.run(prepared)
    place = f"{kind} call {number}"
    if number < len(faulty.wire.calls):
        place += f" ({faulty.wire.calls[number].operation})"
    assert faulty.wire.hits, place
    faulty.wire.clear()
    assert status in ({scenario.status} if kind in PASSING else {None, 503, scenario.status}), place
    whole(faulty.app)
    if status != scenario.status:
        _try_again(faulty, prepared, place)
    faulty.settle()
    whole(faulty.app)
    assert faulty.outcome(prepared) == expected, place


def _try_again(faulty: HttpFaults, prepared: Given, place: str) -> None:
    """Repeats the request as a client would. Asserts that it succeeds or that it had succeeded."""
    if faulty.scenario.cold:
        faulty.app.serve(replace(faulty.app.backend))
    faulty.app.moto.clock.advance(faulty.scenario.pause)
    status = faulty.run(prepared)
    assert status in {faulty.scenario.status, *faulty.scenario.again}, place


def is_switched_off(app: HttpApp, user_id: str) -> bool:
    """Whether an operator disabled the account last, by its events and not by its attribute."""
    tags = [
        event.tag
        for event in app.moto.backend.accounts.events.latest(user_id, before=None, limit=99)
        if event.tag.startswith("operator:account:")
    ]
    # Both may have happened in the same second, so their order says nothing.
    return tags.count("operator:account:disable") > tags.count("operator:account:enable")


def whole(app: HttpApp) -> None:
    """Asserts that no account is half-written and that mails with the same key are identical."""
    items = app.items()
    users = {item["id"]["S"]: item for item in items if item["sk"]["S"] == "PROFILE"}
    guards = {
        item["pk"]["S"].removeprefix("EMAIL#"): item["user_id"]["S"]
        for item in items
        if item["sk"]["S"] == "EMAIL"
    }
    going = {item["user_id"]["S"] for item in items if item["pk"]["S"] == "REMOVALS"}
    for user_id, user in users.items():
        assert guards[known_address(user["email"]["S"]).canonical] == user_id
        assert user["disabled"]["BOOL"] == (user_id in going or is_switched_off(app, user_id))
    assert set(guards.values()) == set(users)
    for item in items:
        if item["pk"]["S"].startswith("USER#"):
            owner = item["pk"]["S"].removeprefix("USER#")
            assert owner in users, item["sk"]["S"]
    texts: dict[str, dict[str, Any]] = {}
    for mail in app.mails:
        assert texts.setdefault(mail["key"], mail) == mail
