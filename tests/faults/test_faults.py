"""Every call of every write path fails, before its effect and after it.

After each fault: the answer is a success or 503; the account is whole; who tries again comes to the
state of a run without faults; and what was acknowledged is so without trying again. A mail may
repeat, with the same content.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gatehouse.identity import parse_address
from tests.faults.scenarios import SCENARIOS, Given, Scenario
from tests.support.events import mails
from tests.support.evidence import Record
from tests.support.faults import (
    DARK,
    KILLED,
    KINDS,
    LOST,
    READS,
    REFUSED,
    REPEATED,
    Killed,
    Snapshot,
    Wire,
)
from tests.support.functions import CONTEXT
from tests.support.house import House
from tests.support.simulation import quick_transactions
from tests.support.world import new_world

PATIENCE = 200
"""Seconds until everybody who waits for somebody else has given up."""


@dataclass
class Stage:
    """A scenario that was prepared once, to be begun from there again and again."""

    scenario: Scenario
    house: House
    wire: Wire
    given: Given
    snapshot: Snapshot
    letters: list[dict[str, Any]]

    def begin(self) -> Given:
        """Everything as it was prepared."""
        self.snapshot.restore()
        self.wire.clear()
        self.house.letters = list(self.letters)
        if self.scenario.cold:
            self.house.serve(replace(self.house.backend))
        return dict(self.given)

    def run(self, given: Given) -> int | None:
        """Asks once; None if the process was killed."""
        try:
            return self.scenario.act(self.house, given)
        except Killed:
            return None

    def settle(self) -> None:
        """Maintenance and the mailer do their work, until there is none."""
        self.wire.clear()
        self.house.world.clock.advance(PATIENCE)
        self.house.apps["maintenance"].handler({}, CONTEXT)
        seen = len(self.house.letters)
        self.house.post()
        for letter in self.house.letters[seen:]:
            answer = self.house.apps["mailer"].handler(mails(json.dumps(letter)), CONTEXT)
            assert answer == {"batchItemFailures": []}

    def outcome(self, given: Given) -> Any:
        sent = {mail.subject.rstrip("0123456789") for mail in self.house.world.sent()}
        return (self.scenario.observe(self.house, given), self.templates(), sent)

    def templates(self) -> set[tuple[str, str]]:
        """Which letters were written to whom."""
        new = self.house.letters[len(self.letters) :]
        return {(each["template"], each["to"]) for each in new}


@contextmanager
def staged(scenario: Scenario) -> Iterator[Stage]:
    with quick_transactions(), new_world(**scenario.settings) as world:
        wire = Wire()
        house = House(world, wire.backend(world.backend))
        given = scenario.prepare(house)
        house.post()
        yield Stage(scenario, house, wire, given, Snapshot(world), list(house.letters))


def faults(stage: Stage) -> tuple[Any, list[tuple[str, int]]]:
    """The outcome without a fault, and every fault that the scenario can meet."""
    if not stage.scenario.cold:
        # A process that has read its secrets and keys.
        stage.run(stage.begin())
    given = stage.begin()
    assert stage.run(given) == stage.scenario.status
    operations = [call.operation for call in stage.wire.calls]
    stage.settle()
    whole(stage.house)
    found = [
        (kind, number)
        for number, operation in enumerate(operations)
        for kind in KINDS
        if operation not in READS or kind == REFUSED
    ]
    return stage.outcome(given), found


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_call_loses_nothing(name: str, evidence: Record) -> None:
    with staged(SCENARIOS[name]) as stage:
        expected, injected = faults(stage)
        for kind, number in injected:
            _survives(stage, kind, number, expected)
    count = Counter(kind for kind, _ in injected)
    evidence(
        "Faults",
        {
            "write path": name,
            "calls": count[REFUSED],
            **{kind: count[kind] for kind in (REFUSED, LOST, REPEATED, KILLED, DARK)},
            "invariants held": len(injected),
        },
    )


def _survives(stage: Stage, kind: str, number: int, expected: Any) -> None:
    scenario = stage.scenario
    given = stage.begin()
    stage.wire.clear(kind, number)
    status = stage.run(given)
    place = f"{kind} call {number}"
    if number < len(stage.wire.calls):
        place += f" ({stage.wire.calls[number].operation})"
    assert stage.wire.hits, place
    stage.wire.clear()
    assert status in {None, 503, scenario.status}, place
    whole(stage.house)
    if status != scenario.status:
        _try_again(stage, given, place)
    stage.settle()
    whole(stage.house)
    assert stage.outcome(given) == expected, place


def _try_again(stage: Stage, given: Given, place: str) -> None:
    """Whoever met a fault asks again, with what they have."""
    if stage.scenario.cold:
        stage.house.serve(replace(stage.house.backend))
    stage.house.world.clock.advance(stage.scenario.pause)
    status = stage.run(given)
    assert status in {stage.scenario.status, *stage.scenario.again}, place


def whole(house: House) -> None:
    """No account is half-written, and no mail of one key has two contents."""
    items = house.items()
    users = {item["id"]["S"]: item for item in items if item["sk"]["S"] == "PROFILE"}
    guards = {
        item["pk"]["S"].removeprefix("EMAIL#"): item["user_id"]["S"]
        for item in items
        if item["sk"]["S"] == "EMAIL"
    }
    going = {item["user_id"]["S"] for item in items if item["pk"]["S"] == "REMOVALS"}
    for user_id, user in users.items():
        assert guards[parse_address(user["email"]["S"]).canonical] == user_id
        assert user["disabled"]["BOOL"] == (user_id in going)
    assert set(guards.values()) == set(users)
    for item in items:
        if item["pk"]["S"].startswith("USER#"):
            owner = item["pk"]["S"].removeprefix("USER#")
            assert owner in users, item["sk"]["S"]
    texts: dict[str, dict[str, Any]] = {}
    for letter in house.letters:
        assert texts.setdefault(letter["key"], letter) == letter
