"""docs/speed.md: the tables of one run, and the machine that it ran on."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from statistics import median, quantiles

from bench import prices
from bench.build import size
from bench.candidates import USUAL
from bench.counting import Use
from bench.growth import SIZES, Growth
from bench.measure import REQUESTS, WARM_UP, Candidate, Figures
from harness.template import functions, template

Results = dict[str, tuple[Candidate, Figures]]
Row = Iterable[str]

FINDINGS = Path(__file__).with_name("findings.md")
"""What was tried: written by hand, and put at the end of the page."""

_DEFAULT_MEMORY = template()["Globals"]["Function"]["MemorySize"]
_WHOLE_CPU = 1769
"""Megabytes at which a function has one core; with less it has that part of it."""
_MEMORIES = (256, 512, 1024, 1769)
_WAITING = 0.010
"""Seconds that a request waits for AWS, taken for all alike."""

_MEMORY_NOTE = """
CPU was measured in this run; the rest is reckoned from it: ms until the first answer / ms of a warm
one / dollars for the time of a million of these. A function has a whole core at 1,769 MB and less
in proportion, but a whole one while it starts; 10 ms of waiting for AWS are added to each warm
request, and one hash at cost 12 where passwords are hashed.
"""

_INTRODUCTION = """\
# Speed

<!-- Written by `make bench`. -->

Each function was started {rounds} times in turns with the others, as Lambda starts it: Lambda's own
runtime (awslambdaric) against a Runtime API on the same machine, with the two layers as they are
deployed (compiled, botocore's descriptions pruned) and nothing else in the environment. AWS was
answered from memory over TLS, in less than a millisecond. After {warm_up} requests
{requests} more were timed in each start; figures are medians. Password hashes cost as little as
they can (bcrypt 4): what a hash costs is the same for everybody.

The machine: {machine}.
Milliseconds are this machine's; the ratios are what is claimed.
"""

_LEGEND = """\
![From the start of a process to its first answer](speed.svg)

`init` is from the start of the process to its first question for an event, `first` from the first
event to its answer. Both ratios are to the usual sample: Powertools with validation, a resource of
boto3 and EmailStr at the top of one file. It, and the handler for Node, do what `profile` does:
check an access token, read the user, answer. `outside` is the time in the handler and not in calls
of AWS. Packages are function and layers as they are unpacked.
"""


def page(
    results: Results, uses: list[Use], grown: list[Growth], hash_seconds: float, node: str
) -> str:
    """The whole page."""
    rounds = max(len(figures.init) for _, figures in results.values())
    introduction = _INTRODUCTION.format(
        rounds=rounds, warm_up=WARM_UP, requests=REQUESTS, machine=_machine(node)
    )
    parts = [introduction, "## Time and size\n", _times(results), "", _LEGEND]
    parts += ["## What requests use\n", _units(uses), ""]
    parts += ["## What they cost\n", _costs(results, uses, hash_seconds), ""]
    parts += ["## How it grows\n", _growth(grown), ""]
    parts += ["## Memory\n", _memory(results, hash_seconds), ""]
    parts += [FINDINGS.read_text(encoding="utf-8")]
    return "\n".join(parts)


def _machine(node: str) -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} on {platform.machine()}"
    with_node = f", Node {node}" if node else ""
    return f"{os.cpu_count()} cores, {system}, {python}{with_node}"


def _times(results: Results) -> str:
    head = "| | init ms | of sample | first ms | init + first, of sample | warm p50 ms | p99 ms "
    head += "| outside µs | of sample | peak MB | package MB |"
    usual = results[USUAL][1] if USUAL in results else None
    rows = [_time_row(name, *each, usual) for name, each in results.items()]
    return table(head, rows)


def _time_row(name: str, candidate: Candidate, figures: Figures, usual: Figures | None) -> Row:
    init, answered, outside = _init(figures), _answered(figures), median(figures.outside)
    return (
        name,
        f"{init * 1000:.0f}",
        _ratio(init, _init(usual) if usual else None),
        f"{median(figures.first) * 1000:.0f}",
        _ratio(answered, _answered(usual) if usual else None),
        f"{median(figures.warm) * 1000:.2f}",
        f"{quantiles(figures.warm, n=100)[98] * 1000:.2f}",
        f"{outside:.0f}",
        _ratio(outside, median(usual.outside) if usual else None),
        f"{median(figures.memory) / 1e6:.0f}",
        f"{size(*candidate.packages) / 1e6:.1f}",
    )


def _init(figures: Figures) -> float:
    return median(figures.init)


def _answered(figures: Figures) -> float:
    return median(i + f for i, f in zip(figures.init, figures.first, strict=True))


def _ratio(value: float, base: float | None) -> str:
    return f"{value / base:.2f}" if base else ""


def _units(uses: list[Use]) -> str:
    head = "| | read units | write units | calls of AWS | frames to clients | hashes |"
    note = (
        "\nCounted, in a process that has its keys, for items of this size; the same on every "
        "machine. An answer on the socket is a frame and a call."
    )
    return table(head, [_unit_row(use) for use in uses]) + "\n" + note


def _unit_row(use: Use) -> Row:
    numbers = (use.reads, use.writes, sum(use.calls.values()), use.frames, use.hashes)
    return use.name, *(f"{number:g}" for number in numbers)


def _costs(results: Results, uses: list[Use], hash_seconds: float) -> str:
    by_name = {use.name: use for use in uses}
    few, many = by_name["publish, one member"], by_name["publish, 101 members"]
    named = {
        "sign-ins from a known device": by_name["POST /login"],
        "profile reads": by_name["GET /profile"],
        "messages, with their one delivery": few,
    }
    rows = [_cost_row(name, use, results, hash_seconds) for name, use in named.items()]
    delivery = prices.delivery(few, many) * prices.MILLION
    rows.append(("deliveries to others", f"{delivery:.2f}", "", ""))
    note = (
        "\nDollars at list prices of US East (N. Virginia), without free tiers. Compute is the "
        f"warm median of this run at the memory of the template, and {hash_seconds * 1000:.0f} ms "
        "for a hash at cost 12; messages and units are counted."
    )
    return table("| a million | messages and units | compute | together |", rows) + "\n" + note


def _cost_row(name: str, use: Use, results: Results, hash_seconds: float) -> Row:
    data = prices.data(use) * prices.MILLION
    if use.function not in results:
        return name, f"{data:.2f}", "", ""
    memory = memory_of(use.function)
    seconds = median(results[use.function][1].warm) + use.hashes * hash_seconds
    compute = prices.compute(seconds, memory) * prices.MILLION
    return name, f"{data:.2f}", f"{compute:.2f}", f"{data + compute:.2f}"


def _growth(grown: list[Growth]) -> str:
    head = "| | with | " + " | ".join(f"{size:,}" for size in SIZES) + " |"
    rows = [(each.name, each.of, *map(_use, each.uses)) for each in grown]
    note = "\nRead units + write units, calls of AWS; counted like those above.\n\n"
    note += "![Units beside more and more of something](growth.svg)"
    return table(head, rows) + "\n" + note


def _use(use: Use) -> str:
    return f"{use.reads:g} + {use.writes:g}, {sum(use.calls.values())}"


def _memory(results: Results, hash_seconds: float) -> str:
    head = "| | CPU ms: init | first | warm | "
    head += " | ".join(f"{size} MB" for size in _MEMORIES) + " | chosen |"
    names = [name for name in results if name in functions()]
    rows = [_memory_row(name, results[name][1], hash_seconds) for name in names]
    return table(head, rows) + "\n" + _MEMORY_NOTE


def _memory_row(name: str, figures: Figures, hash_seconds: float) -> Row:
    hashing = hash_seconds if memory_of(name) == _WHOLE_CPU else 0
    init, first = median(figures.init_cpu), median(figures.first_cpu)
    warm = median(figures.warm_cpu)
    chosen = memory_of(name)
    return (
        name,
        *(f"{seconds * 1000:.1f}" for seconds in (init, first, warm)),
        *(_at(size, init, first + hashing, warm + hashing) for size in _MEMORIES),
        str(chosen),
    )


def _at(megabytes: int, init: float, first: float, warm: float) -> str:
    """Milliseconds until the first answer, those of a warm one, dollars for a million of these."""
    slower = max(1.0, _WHOLE_CPU / megabytes)
    cold, later = init + first * slower, warm * slower
    dollars = prices.compute(later + _WAITING, megabytes) * prices.MILLION
    return f"{cold * 1000:.0f} / {(later + _WAITING) * 1000:.0f} / {dollars:.2f}"


def memory_of(function: str) -> int:
    """Megabytes, as the template has it."""
    megabytes: int = functions()[function].get("MemorySize", _DEFAULT_MEMORY)
    return megabytes


def table(head: str, rows: Iterable[Row]) -> str:
    """A table of Markdown: the first column to the left, the others to the right."""
    line = "|---" + "|--:" * (head.count("|") - 2) + "|"
    return "\n".join([head.replace("  ", " "), line, *(f"| {' | '.join(row)} |" for row in rows)])
