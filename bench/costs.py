"""Generates docs/guides/costs.md: what a deployment costs. Run `python -m bench.costs`.

Costs are computed from the template, counted uses, list prices and the times in docs/speed.md.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import prices
from bench.build import ACCOUNT
from bench.counting import Use, uses
from bench.report import memory_of, table
from gatehouse.realtime.delayed_checks import MAX_DELAY
from gatehouse.stores.connections import SLOTS
from gatehouse.tokens import ACCESS_LIFE
from harness.template import ROOT, functions, resources

PAGE = ROOT / "docs/guides/costs.md"
SPEED = ROOT / "docs/speed.md"
TEXT = Path(__file__).with_name("costs.md")
"""The text of the page, written by hand, with placeholders for the figures."""

_TIMES = re.compile(r"^\| (\w+) (?:\|[^|\n]*){5}\| ([\d.]+) \|", re.MULTILINE)
_HASH = re.compile(r"(\d+) ms\s+for a hash")

PINGS_AN_HOUR = 60 / SLOTS
REFRESHES_AN_HOUR = 3_600 / ACCESS_LIFE
CHECKS_AN_HOUR = 3_600 / MAX_DELAY
POLLERS, POLLS_A_MINUTE = 5, 3
"""How Lambda polls an empty queue: five pollers, which may become two, wait 20 seconds each
(AWS Lambda, Configuring scaling behavior for SQS event source mappings)."""

TAKEN = 2 * prices.CALL["sqs"]
"""Dollars for Lambda taking one message from a queue: one receive and one delete."""


@dataclass(frozen=True)
class Times:
    """Times of the last measured run, in seconds."""

    warm: dict[str, float]
    """Of a warm request, by the name of its function."""
    hash: float
    """Of one password hash."""


def published(page: str) -> Times:
    """Returns the times shown on a page like docs/speed.md, so that the costs agree with it.

    Raises:
        LookupError: the page shows no times of functions, or none of a hash.
    """
    warm = {name: float(ms) / 1000 for name, ms in _TIMES.findall(page) if name in functions()}
    match = _HASH.search(page)
    if not match or not warm:
        raise LookupError("docs/speed.md shows no times")
    return Times(warm, float(match[1]) / 1000)


@dataclass(frozen=True)
class Costs:
    """What one of each operation costs, in dollars."""

    times: Times
    uses: dict[str, Use]

    def of(self, name: str) -> float:
        """Returns the cost of one request or frame."""
        use = self.uses[name]
        memory = memory_of(use.function)
        seconds = self.times.warm[use.function] + use.hashes * self.times.hash
        return prices.data(use) + prices.compute(seconds, memory)

    def mail(self) -> float:
        """Returns the cost of sending one email."""
        return self.of("send an email") + TAKEN

    def message(self, members: int) -> float:
        """Returns the cost of one message in a room of this many members, the sender included.

        The message has a delivery to itself. A busy delivery combines messages, which costs less.
        """
        few, many = self.uses["publish, one member"], self.uses["publish, 101 members"]
        delivery = prices.LAMBDA_REQUEST + prices.compute(
            self.times.warm["delivery"], memory_of("delivery")
        )
        writer = self.of("publish, one member") + TAKEN + delivery
        return writer + (members - 1) * prices.delivery(few, many)

    def visit(self) -> float:
        """Returns the cost of a connection that opens, joins a channel and soon closes."""
        frames = ("handshake", "connect", "subscribe", "disconnect")
        return sum(map(self.of, frames)) + self.check()

    def hour(self) -> float:
        """Returns the cost of being connected for an hour."""
        pings = prices.SOCKET_MESSAGE + prices.READ_UNIT + self.of("pong")
        return (
            60 * prices.CONNECTION_MINUTE
            + PINGS_AN_HOUR * pings
            + REFRESHES_AN_HOUR * self.of("refresh")
            + CHECKS_AN_HOUR * self.check()
        )

    def check(self) -> float:
        """Returns the cost of one delayed check."""
        return self.of("a delayed check") + TAKEN

    def idle(self) -> list[tuple[str, float]]:
        """Returns what a month without traffic costs, by item."""
        secrets = len(resources("AWS::SecretsManager::Secret"))
        alarms = len(resources("AWS::CloudWatch::Alarm"))
        queues = len(polled_queues())
        polls = queues * POLLERS * POLLS_A_MINUTE * prices.MONTH * prices.CALL["sqs"]
        return [
            (f"{secrets} secrets", secrets * prices.SECRET),
            (f"{alarms} alarms", alarms * prices.ALARM),
            ("maintenance, every minute", prices.MONTH * self.of("one minute of maintenance")),
            (f"Lambda's polling of {queues} empty queues", polls),
        ]


def polled_queues() -> list[str]:
    """Returns the event sources of the functions that are queues."""
    return [
        name
        for each in functions().values()
        for name, event in each.get("Events", {}).items()
        if event["Type"] == "SQS"
    ]


@dataclass(frozen=True)
class App:
    """What the users of an app do in a month. All numbers except ``users`` are per user."""

    users: int
    sign_ins: float
    refreshes: float
    reads: float
    hours: float = 0
    connections: float = 0
    messages: float = 0
    room: int = 1
    """Members of the room that a message is sent to."""

    def cost(self, costs: Costs) -> list[tuple[str, float]]:
        """Returns the dollars for accounts and for the WebSocket."""
        accounts = (
            self.sign_ins * costs.of("POST /login")
            + self.refreshes * costs.of("POST /sessions/refresh")
            + self.reads * costs.of("GET /profile")
        )
        socket = (
            self.connections * costs.visit()
            + self.hours * costs.hour()
            + self.messages * costs.message(self.room)
        )
        return [("accounts", self.users * accounts), ("WebSocket", self.users * socket)]


SMALL = App(users=1_000, sign_ins=2, refreshes=60, reads=120)
CHAT = App(
    users=10_000,
    sign_ins=1,
    refreshes=120,
    reads=60,
    hours=30,
    connections=60,
    messages=600,
    room=10,
)


def page(speed: str, counted: list[Use]) -> str:
    """Returns the whole page.

    Args:
        speed: the text of docs/speed.md, which holds the times.
        counted: what each request and frame uses.
    """
    times = published(speed)
    costs = Costs(times, {use.name: use for use in counted})
    idle = costs.idle()
    delivery = prices.delivery(
        costs.uses["publish, one member"], costs.uses["publish, 101 members"]
    )
    return TEXT.read_text(encoding="utf-8").format(
        idle=_sums("| Per month | Dollars |", idle),
        storage=prices.STORAGE,
        restore=prices.RESTORE,
        log=prices.LOG,
        things=table("| Per million | Dollars |", _things(costs)),
        apps=_apps(costs),
        small=_told(SMALL),
        chat=_told(CHAT),
        delivery=delivery * prices.MILLION,
        hash_ms=times.hash * 1000,
        hash_part=prices.compute(times.hash, memory_of("login")) / costs.of("POST /login"),
        cheaper=costs.of("POST /login") / costs.of("POST /sessions/refresh"),
        mail=costs.mail() * prices.MILLION,
        minutes=60 * costs.visit() / costs.hour(),
    )


def _things(costs: Costs) -> Iterable[tuple[str, str]]:
    amounts = {
        "registrations, each with an email": costs.of("POST /register") + costs.mail(),
        "sign-ins from a known device": costs.of("POST /login"),
        "sign-ins from a new device, each with an email": (
            costs.of("POST /login, new device") + costs.mail()
        ),
        "refreshed sessions": costs.of("POST /sessions/refresh"),
        "profile reads": costs.of("GET /profile"),
        "messages in a room of 2": costs.message(2),
        "messages in a room of 10": costs.message(10),
        "messages in a room of 100": costs.message(100),
        "connections that open, join a channel and close": costs.visit(),
        "connection hours": costs.hour(),
    }
    for name, dollars in amounts.items():
        yield name, f"{dollars * prices.MILLION:,.2f}"


def _apps(costs: Costs) -> str:
    idle = sum(dollars for _, dollars in costs.idle())
    small, chat = (
        {name: round(dollars, 2) for name, dollars in [("without traffic", idle), *app.cost(costs)]}
        for app in (SMALL, CHAT)
    )
    rows = [(name, f"{small[name]:,.2f}", f"{chat[name]:,.2f}") for name in small]
    rows.append(("**total**", f"{sum(small.values()):,.2f}", f"{sum(chat.values()):,.2f}"))
    return table("| Dollars a month | Small app | Chat app |", rows)


def _told(app: App) -> str:
    text = f"{app.users:,} users. In a month, each signs in {_times(app.sign_ins)}"
    text += (
        f", refreshes a session {app.refreshes:g} times and reads the profile {app.reads:g} times"
    )
    if app.connections:
        text += f", connects {app.connections:g} times for {app.hours:g} hours in total"
        text += f", and sends {app.messages:g} messages to rooms of {app.room}"
    return text


def _times(number: float) -> str:
    return {1: "once", 2: "twice"}.get(int(number), f"{number:g} times")


def _sums(head: str, parts: list[tuple[str, float]]) -> str:
    rounded = [(name, round(dollars, 2)) for name, dollars in parts]
    rounded.append(("**total**", sum(dollars for _, dollars in rounded)))
    rows = [(name, f"{dollars:.2f}") for name, dollars in rounded]
    return table(head, rows)


if __name__ == "__main__":
    # Uses are counted against AWS in memory, but botocore still needs credentials.
    os.environ.update(ACCOUNT)
    PAGE.write_text(page(SPEED.read_text(encoding="utf-8"), uses()), encoding="utf-8")
