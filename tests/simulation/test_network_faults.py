"""The mechanism of the realtime half, as it is in production, in many thousand small histories.

Time is virtual, and every call of AWS is a moment of its own at which a function may die, hang, or
be overtaken. Nothing may be lost, doubled without an excuse, out of order, or left behind. Then its
parts are taken away one at a time, and what they were there for has to happen.
"""

import os
from collections import Counter
from itertools import islice

import pytest

from harness.simulated.network_faults import NETWORK_FAULTS
from harness.simulated.run import FAULTS, Verdict, simulate
from tests.support.controls import CONTROLS
from tests.support.evidence import Record

EXCUSED = ("delivered again", "after leaving")
"""Duplicates after a crash or a lost answer; and of who leaves and joins within one round trip."""

RUNS = int(os.environ.get("SIMULATED_RUNS", "40"))
"""Histories of each kind of network faults. More of them:
SIMULATED_RUNS=1000 make test TESTS=tests/simulation"""

SEARCH = 400
"""Histories in which a part that was taken away has to be missed."""


def play(seed: int, network: str) -> Verdict:
    return simulate(seed, NETWORK_FAULTS[network])


@pytest.mark.parametrize("network", NETWORK_FAULTS)
def test_nothing_is_lost_whatever_the_network_does(network: str, evidence: Record) -> None:
    verdicts = [play(seed, network) for seed in range(RUNS)]
    total: Counter[str] = Counter()
    for verdict in verdicts:
        total += verdict.findings
    evidence(
        "Simulated network faults",
        {
            "network": network,
            "runs": RUNS,
            "publications": sum(each.publications for each in verdicts),
            "deliveries": sum(each.deliveries for each in verdicts),
            **{name: total[name] for name in FAULTS},
            "excused": sum(total[name] for name in EXCUSED),
            "kills": total["kills"],
        },
    )
    assert {each.seed: each.faults for each in verdicts if each.faults} == {}


def test_nobody_s_connection_is_ended_on_a_calm_network() -> None:
    verdicts = [play(seed, "calm") for seed in range(RUNS)]
    assert {each.seed for each in verdicts if each.findings["kills"]} == set()


@pytest.mark.parametrize("part", CONTROLS)
def test_part_that_is_taken_away_is_missed(part: str, evidence: Record) -> None:
    control = CONTROLS[part]
    with control.applied():
        for seed in range(SEARCH):
            verdict = play(seed, control.network)
            findings = {name: n for name, n in verdict.findings.items() if name in control.expected}
            if any(findings.values()):
                break
    evidence(
        "Parts taken away",
        {
            "without": part,
            "network": control.network,
            "found in history": verdict.seed + 1,
            "finding": ", ".join(f"{name} {count}" for name, count in findings.items()),
        },
    )
    assert any(findings.values())


def test_histories_repeat_by_their_seeds() -> None:
    one, two = (play(7, "crashes") for _ in range(2))
    assert (one.findings, one.publications, one.calls) == (
        two.findings,
        two.publications,
        two.calls,
    )


def test_histories_differ_by_their_seeds() -> None:
    counts = {play(seed, "calm").publications for seed in islice(range(100), 10)}
    assert len(counts) > 1
