"""Generates docs/speed.md: the tables of one run, and the machine it ran on."""

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
"""What was tried. Written by hand and appended to the page."""

_DEFAULT_MEMORY = template()["Globals"]["Function"]["MemorySize"]
_WHOLE_CPU = 1769
"""Megabytes at which a function has one core. With less memory it has a proportional part."""
_MEMORIES = (256, 512, 1024, 1769)
_WAITING = 0.010
"""Seconds that a request waits for AWS, assumed the same for all."""

_MEMORY_NOTE = """
CPU was measured in this run. The memory columns are computed from it: ms until the first response /
ms of a warm request / dollars for the time of a million warm requests. A function has a whole core
at 1,769 MB and proportionally less below, but always a whole core during init. Each warm request
includes 10 ms of waiting for AWS. Functions that hash passwords include one hash at cost 12.
"""

_INTRODUCTION = """\
# Speed

<!-- Written by `make bench`. -->

All functions were started in turns, {rounds} times each, the way Lambda starts them: Lambda's own
runtime (awslambdaric) with a Runtime API on the same machine, the two layers as deployed (compiled,
botocore's descriptions pruned) and nothing else in the environment. AWS was simulated in memory
over TLS and responded in less than a millisecond. Each start handled {warm_up} requests untimed and
{requests} more timed. Figures are medians. Password hashes use the lowest cost (bcrypt 4), because
the time of a hash does not depend on our code.

The machine: {machine}.
Milliseconds apply to this machine only. The ratios are the result.
"""

_LEGEND = """\
![From the start of a process to its first response](speed.svg)

`init` is the time from the start of the process until it asks for its first event. `first` is the
time from the first event to its response. Ratios compare with the usual sample: Powertools with
validation, a boto3 resource and EmailStr at the top of one file. The sample and the Node handler do
what `profile` does: verify an access token, read the user and respond. `outside` is the time in the
handler without its AWS calls. Package sizes are function and layers, unpacked.
"""


def page(
    results: Results, uses: list[Use], grown: list[Growth], hash_seconds: float, node: str
) -> str:
    """Returns the whole page.

    Args:
        hash_seconds: seconds of one password hash at cost 12.
        node: the version of Node, or empty if it was not measured.
    """
    rounds = max(len(figures.init) for _, figures in results.values())
    introduction = _INTRODUCTION.format(
        rounds=rounds, warm_up=WARM_UP, requests=REQUESTS, machine=_machine(node)
    )
    parts = [introduction, "## Time and size\n", _times(results), "", _LEGEND]
    parts += ["## What requests use\n", _units(uses), ""]
    parts += ["## What requests cost\n", _costs(results, uses, hash_seconds), ""]
    parts += ["## How usage grows\n", _growth(grown), ""]
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
    head = "| | read units | write units | AWS calls | frames to clients | hashes |"
    note = (
        "\nCounted in a warm process with the items of the benchmark. The counts are the same on "
        "every machine. A reply on the WebSocket counts as a frame and as a call."
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
        "messages, each with one delivery": few,
    }
    rows = [_cost_row(name, use, results, hash_seconds) for name, use in named.items()]
    delivery = prices.delivery(few, many) * prices.MILLION
    rows.append(("deliveries to others", f"{delivery:.2f}", "", ""))
    note = (
        "\nDollars at the list prices of US East (N. Virginia), without free tiers. Compute is the "
        "warm median of this run at the memory in the template, with "
        f"{hash_seconds * 1000:.0f} ms for a hash at cost 12. Messages and units are counted."
    )
    return table("| per million | messages and units | compute | total |", rows) + "\n" + note


def _cost_row(name: str, use: Use, results: Results, hash_seconds: float) -> Row:
    data = prices.data(use) * prices.MILLION
    if use.function not in results:
        return name, f"{data:.2f}", "", ""
    memory = memory_of(use.function)
    seconds = median(results[use.function][1].warm) + use.hashes * hash_seconds
    compute = prices.compute(seconds, memory) * prices.MILLION
    return name, f"{data:.2f}", f"{compute:.2f}", f"{data + compute:.2f}"


def _growth(grown: list[Growth]) -> str:
    head = "| | number of | " + " | ".join(f"{size:,}" for size in SIZES) + " |"
    rows = [(each.name, each.of, *map(_use, each.uses)) for each in grown]
    note = "\nEach cell shows read units + write units, AWS calls, counted as above.\n\n"
    note += "![Units used as the amount of data grows](growth.svg)"
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
    """Returns ms until the first response, ms of a warm request, and dollars for a million."""
    slower = max(1.0, _WHOLE_CPU / megabytes)
    cold, later = init + first * slower, warm * slower
    dollars = prices.compute(later + _WAITING, megabytes) * prices.MILLION
    return f"{cold * 1000:.0f} / {(later + _WAITING) * 1000:.0f} / {dollars:.2f}"


def memory_of(function: str) -> int:
    """Returns the megabytes that the template gives a function."""
    megabytes: int = functions()[function].get("MemorySize", _DEFAULT_MEMORY)
    return megabytes


def table(head: str, rows: Iterable[Row]) -> str:
    """Returns a Markdown table. The first column is left-aligned, the others right-aligned."""
    line = "|---" + "|--:" * (head.count("|") - 2) + "|"
    return "\n".join([head.replace("  ", " "), line, *(f"| {' | '.join(row)} |" for row in rows)])
