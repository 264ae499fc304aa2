"""docs/guides/costs.md: what a deployment costs, reckoned from the template, counted uses, list
prices and the times that docs/speed.md shows; `python -m bench.costs` writes it."""

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
"""What is said about the figures: written by hand, with the names of figures in brackets."""

_TIMES = re.compile(r"^\| (\w+) (?:\|[^|\n]*){5}\| ([\d.]+) \|", re.MULTILINE)
_HASH = re.compile(r"(\d+) ms\s+for a hash")

PINGS_AN_HOUR = 60 / SLOTS
REFRESHES_AN_HOUR = 3_600 / ACCESS_LIFE
CHECKS_AN_HOUR = 3_600 / MAX_DELAY
POLLERS, POLLS_A_MINUTE = 5, 3
"""How Lambda asks an empty queue: with five pollers, which may become two, each answered after 20
seconds (AWS Lambda, Configuring scaling behavior for SQS event source mappings)."""

TAKEN = 2 * prices.CALL["sqs"]
"""Of a message that Lambda takes out of a queue: it is asked for, and deleted."""


@dataclass(frozen=True)
class Times:
    """Seconds, of the last run that was measured."""

    warm: dict[str, float]
    """Of a request, by the name of its function."""
    hash: float


def published(page: str) -> Times:
    """What a page like docs/speed.md shows, so that whatever is reckoned from it agrees with it.

    Raises:
        LookupError: it shows no times of functions, or none of a hash.
    """
    warm = {name: float(ms) / 1000 for name, ms in _TIMES.findall(page) if name in functions()}
    match = _HASH.search(page)
    if not match or not warm:
        raise LookupError("docs/speed.md shows no times")
    return Times(warm, float(match[1]) / 1000)


@dataclass(frozen=True)
class Costs:
    """Dollars for one of each thing."""

    times: Times
    uses: dict[str, Use]

    def of(self, name: str) -> float:
        """One request or frame."""
        use = self.uses[name]
        memory = memory_of(use.function)
        seconds = self.times.warm[use.function] + use.hashes * self.times.hash
        return prices.data(use) + prices.compute(seconds, memory)

    def mail(self) -> float:
        return self.of("a mail") + TAKEN

    def message(self, members: int) -> float:
        """A message that all of so many members get; the writer is one of them. It comes alone:
        what a busy delivery takes together costs less."""
        few, many = self.uses["publish, one member"], self.uses["publish, 101 members"]
        delivery = prices.LAMBDA_REQUEST + prices.compute(
            self.times.warm["delivery"], memory_of("delivery")
        )
        writer = self.of("publish, one member") + TAKEN + delivery
        return writer + (members - 1) * prices.delivery(few, many)

    def visit(self) -> float:
        """A connection that comes, joins a channel, and goes after a moment."""
        frames = ("handshake", "connect", "subscribe", "disconnect")
        return sum(map(self.of, frames)) + self._look()

    def hour(self) -> float:
        """Of being connected."""
        pings = prices.SOCKET_MESSAGE + prices.READ_UNIT + self.of("pong")
        return (
            60 * prices.CONNECTION_MINUTE
            + PINGS_AN_HOUR * pings
            + REFRESHES_AN_HOUR * self.of("refresh")
            + CHECKS_AN_HOUR * self._look()
        )

    def _look(self) -> float:
        return self.of("a delayed check") + TAKEN

    def idle(self) -> list[tuple[str, float]]:
        """What a month costs while nobody calls."""
        secrets = len(resources("AWS::SecretsManager::Secret"))
        alarms = len(resources("AWS::CloudWatch::Alarm"))
        queues = len(polled_queues())
        polls = queues * POLLERS * POLLS_A_MINUTE * prices.MONTH * prices.CALL["sqs"]
        return [
            (f"{secrets} secrets", secrets * prices.SECRET),
            (f"{alarms} alarms", alarms * prices.ALARM),
            ("maintenance, every minute", prices.MONTH * self.of("a minute")),
            (f"Lambda's questions to {queues} empty queues", polls),
        ]


def polled_queues() -> list[str]:
    """The functions' event sources that are queues."""
    return [
        name
        for each in functions().values()
        for name, event in each.get("Events", {}).items()
        if event["Type"] == "SQS"
    ]


@dataclass(frozen=True)
class App:
    """What happens in a month."""

    users: int
    sign_ins: float
    refreshes: float
    reads: float
    hours: float = 0
    connections: float = 0
    messages: float = 0
    """Each for one user."""
    room: int = 1

    def cost(self, costs: Costs) -> list[tuple[str, float]]:
        """Dollars, for the accounts and for the socket."""
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
        return [("accounts", self.users * accounts), ("socket", self.users * socket)]


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
    """The whole page, beside this page of times."""
    times = published(speed)
    costs = Costs(times, {use.name: use for use in counted})
    idle = costs.idle()
    delivery = prices.delivery(
        costs.uses["publish, one member"], costs.uses["publish, 101 members"]
    )
    return TEXT.read_text(encoding="utf-8").format(
        idle=_sums("| a month | dollars |", idle),
        storage=prices.STORAGE,
        restore=prices.RESTORE,
        log=prices.LOG,
        things=table("| a million | dollars |", _things(costs)),
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
        "registrations, each with a mail": costs.of("POST /register") + costs.mail(),
        "sign-ins from a known device": costs.of("POST /login"),
        "sign-ins from a new device, each with a mail": (
            costs.of("POST /login, new device") + costs.mail()
        ),
        "refreshed sessions": costs.of("POST /sessions/refresh"),
        "profile reads": costs.of("GET /profile"),
        "messages in a room of 2": costs.message(2),
        "messages in a room of 10": costs.message(10),
        "messages in a room of 100": costs.message(100),
        "connections that come, join a channel and go": costs.visit(),
        "hours of being connected": costs.hour(),
    }
    for name, dollars in amounts.items():
        yield name, f"{dollars * prices.MILLION:,.2f}"


def _apps(costs: Costs) -> str:
    idle = sum(dollars for _, dollars in costs.idle())
    small, chat = (
        {
            name: round(dollars, 2)
            for name, dollars in [("while nobody calls", idle), *app.cost(costs)]
        }
        for app in (SMALL, CHAT)
    )
    rows = [(name, f"{small[name]:,.2f}", f"{chat[name]:,.2f}") for name in small]
    rows.append(("**together**", f"{sum(small.values()):,.2f}", f"{sum(chat.values()):,.2f}"))
    return table("| dollars a month | a small app | a chat |", rows)


def _told(app: App) -> str:
    text = f"{app.users:,} users; in a month each signs in {_times(app.sign_ins)}"
    text += (
        f", refreshes a session {app.refreshes:g} times and reads the profile {app.reads:g} times"
    )
    if app.connections:
        text += f", connects {app.connections:g} times for {app.hours:g} hours in all"
        text += f", and writes {app.messages:g} messages into rooms of {app.room}"
    return text


def _times(number: float) -> str:
    return {1: "once", 2: "twice"}.get(int(number), f"{number:g} times")


def _sums(head: str, parts: list[tuple[str, float]]) -> str:
    rounded = [(name, round(dollars, 2)) for name, dollars in parts]
    rounded.append(("**together**", sum(dollars for _, dollars in rounded)))
    rows = [(name, f"{dollars:.2f}") for name, dollars in rounded]
    return table(head, rows)


if __name__ == "__main__":
    # AWS is answered from memory while uses are counted; botocore wants an account all the same.
    os.environ.update(ACCOUNT)
    PAGE.write_text(page(SPEED.read_text(encoding="utf-8"), uses()), encoding="utf-8")
