"""Generates docs/guides/abuse.md: what hostile requests cost, and what bounds them.

Run `python -m bench.abuse`. Costs are computed as those of docs/guides/costs.md are.
"""

import os
from pathlib import Path

from bench import prices
from bench.build import ACCOUNT
from bench.costs import SPEED, Costs, published
from bench.counting import Use, uses
from bench.hostile import Hostile, hostile
from bench.report import memory_of, table
from gatehouse.limits import Limit, Rate
from harness.template import ROOT, template

PAGE = ROOT / "docs/guides/abuse.md"
TEXT = Path(__file__).with_name("abuse.md")
"""The text of the page, written by hand, with placeholders for the figures."""

HOUR, DAY = 3_600, 86_400
GIGABYTE = 1e9

_HEAD = "| Kind | Dollars a million | One address, a second | Everyone, a second | Dollars a day |"


def page(speed: str, counted: list[Use], kinds: list[Hostile]) -> str:
    """Returns the whole page.

    Args:
        speed: the text of docs/speed.md, which holds the times.
        counted: what each honest request and frame uses.
        kinds: the hostile ones.
    """
    costs = Costs(published(speed), {use.name: use for use in counted})
    rows = [_row(kind, dollars(kind, costs)) for kind in kinds]
    return TEXT.read_text(encoding="utf-8").format(
        kinds=table(_HEAD, rows), **{name: parameter(name) for name in _RATES}
    )


_RATES = ("HttpRate", "FileRate", "SocketRate", "MailBudget")


def dollars(kind: Hostile, costs: Costs) -> float:
    """Returns what one request or frame of a kind costs, with all that it causes."""
    use = kind.use
    seconds = costs.times.warm[use.function] + use.hashes * costs.times.hash
    return (
        prices.data(use)
        + prices.compute(seconds, memory_of(use.function))
        + (kind.requests - 1) * prices.HTTP_REQUEST
        + kind.bytes_out / GIGABYTE * prices.TRANSFER_OUT
        + kind.emails * costs.mail()
        + kind.checks * costs.check()
    )


def _row(kind: Hostile, each: float) -> tuple[str, ...]:
    limit = kind.limit or Limit("none")
    everyone = min(parameter(kind.rate), _per_second(limit.for_everybody))
    if kind.emails:
        # The budget of an hour, and as many again for clients that solve a challenge.
        everyone = min(everyone, 2 * parameter("MailBudget") / HOUR)
    address = min(everyone, _per_second(limit.per_address))
    return (
        kind.name,
        f"{each * prices.MILLION:,.2f}",
        f"{address:.2g}" if address < everyone else "",
        f"{everyone:,.3g}" if everyone < 1 else f"{everyone:,g}",
        f"{each * everyone * DAY:,.0f}",
    )


def _per_second(rate: Rate | None) -> float:
    return rate.most / rate.window if rate else float("inf")


def parameter(name: str) -> int:
    """Returns the default of a parameter of the template."""
    default: int = template()["Parameters"][name]["Default"]
    return default


if __name__ == "__main__":
    # Uses are counted against AWS in memory, but botocore still needs credentials.
    os.environ.update(ACCOUNT)
    PAGE.write_text(page(SPEED.read_text(encoding="utf-8"), uses(), hostile()), encoding="utf-8")
