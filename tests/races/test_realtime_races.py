"""Sixteen contenders race for one offset, cursor, frame or connection: at most one gets it, and no
publication is lost.

Every round forces all contenders to read before any of them writes. They run the production code on
in-memory DynamoDB and SQS, and every round uses a new room and new connections.
"""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from gatehouse.backend.root import Backend
from gatehouse.flows.realtime.deliver import deliver
from gatehouse.realtime.delivery_queue import Wake
from gatehouse.stores.cursors import Cursor
from gatehouse.stores.secrets import Secrets
from harness.functions import load_app
from harness.moto_backend import START, FixedClock
from harness.queues import as_record
from harness.records import a_connection
from harness.simulated.dynamodb import DynamoDB
from harness.simulated.settings import settings_of
from harness.simulated.sqs import SQS
from harness.socket_harness import OK, RecordingApi, frame_event, load_socket
from tests.support.evidence import Record
from tests.support.interleaving import CONTENDERS, ROUNDS, Course

SECRET = "s" * 32
Line = tuple[str, str]
"""Where a contender waits for the others: before this operation on rows with this key prefix."""


class _Secrets:
    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": SECRET}


class Patience(FixedClock):
    """A clock whose sleep lasts until a contender has finished, so that no other one gives up."""

    def __init__(self) -> None:
        super().__init__()
        self.through = threading.Event()

    def sleep(self, seconds: float) -> None:
        assert self.through.wait(60)


@dataclass
class Arena:
    """The realtime half in memory, whose contenders wait for each other at a chosen call."""

    clock: Patience = field(default_factory=Patience)
    api: RecordingApi = field(default_factory=RecordingApi)
    _here: threading.local = field(default_factory=threading.local)

    def __post_init__(self) -> None:
        sqs, self._dynamodb = SQS(lambda: float(self.clock.now())), DynamoDB()
        self.course = Course(self._is_at_its_line)
        self.backend: Backend = self.course.backend(
            Backend(
                settings_of(sqs),
                clock=self.clock,
                secrets=Secrets(lambda: _Secrets()),  # type: ignore[arg-type, return-value]
                dynamodb=lambda: self._dynamodb,
                sqs=lambda: sqs,
                connections_api=lambda _: self.api,
                for_each=_one_after_another,
            )
        )
        self._socket = load_socket(self.backend)
        self._delivery = load_app("delivery", self.backend).handler
        self.opened("warm")

    def _is_at_its_line(self, name: str, request: dict[str, Any]) -> bool:
        line: Line = getattr(self._here, "line", ("", ""))
        return name == line[0] and _keys(request).startswith(line[1])

    def race(self, *contenders: tuple[Line, Callable[[], Any]]) -> list[Any]:
        """Runs all contenders at once, each held at its line. Returns their results in order."""
        self.clock.through.clear()

        def run(line: Line, act: Callable[[], Any]) -> Any:
            self._here.line = line
            try:
                return act()
            finally:
                self.clock.through.set()

        return self.course.race([lambda one=one: run(*one) for one in contenders])  # type: ignore[misc]

    def frame(self, connection_id: str, number: int, method: str, **params: Any) -> None:
        text = json.dumps({"id": number, method: params})
        assert self._socket(frame_event(connection_id, text), None) == OK

    def opened(self, connection_id: str) -> str:
        """Opens a connection and authenticates it. Returns its ID."""
        self.frame(connection_id, 1, "connect", token=a_token(connection_id))
        return connection_id

    def got(self, connection_id: str, method: str) -> list[Any]:
        """Returns the replies to a command."""
        return [each[method] for each in self.api.sent(connection_id) if method in each]

    def offsets(self, connection_id: str, channel: str) -> list[int]:
        """Returns the offsets of the pushed publications in the order they arrived."""
        pushes = [each["push"] for each in self.api.sent(connection_id) if "push" in each]
        mine = [push for push in pushes if push.get("channel") == channel and "pub" in push]
        return [push["pub"]["offset"] for push in mine]

    def log(self, channel: str) -> list[Any]:
        """Returns the data of all publications. Asserts that their offsets have no gap."""
        top = self.backend.realtime.streams.position(channel).offset
        publications = self.backend.realtime.streams.read(channel, 0, top, now=START)
        assert [each.offset for each in publications] == list(range(1, top + 1))
        return [each.as_json()["data"] for each in publications]

    def rows(self, connection_id: str) -> list[str]:
        """Returns the partition keys of the rows that name a connection."""
        rows = self._dynamodb.scan(TableName="RealtimeTable")["Items"]
        return [row["pk"]["S"] for row in rows if connection_id in str(row)]

    def wakes(self) -> Iterator[list[dict[str, Any]]]:
        """Yields batches of wakes until the queue is empty, and deletes each batch."""
        url = self.backend.settings.delivery_queue_url
        while (
            messages := self.backend.sqs()
            .receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            .get("Messages")
        ):
            yield messages
            for message in messages:
                self.backend.sqs().delete_message(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
                )

    def deliver(self) -> None:
        """Handles all wakes."""
        for messages in self.wakes():
            records = [*map(as_record, messages)]
            assert self._delivery({"Records": records}, None) == {"batchItemFailures": []}


def _keys(request: dict[str, Any]) -> str:
    """Returns the keys of the rows that a request is about, as one text."""
    key = request.get("Key") or request.get("Item")
    if key:
        return f"{key['pk']['S']} {key['sk']['S']}"
    return str(next(iter(request["ExpressionAttributeValues"].values()))["S"])


def _one_after_another(work: Callable[[Any], object], items: Any) -> list[Exception]:
    for item in items:
        work(item)
    return []


def a_token(who: str) -> str:
    return jwt.encode({"sub": who.rstrip("=")}, SECRET, algorithm="HS256")


def record(evidence: Record, race: str, winners: list[int], others: str) -> None:
    evidence(
        "Races of the socket",
        {
            "race": race,
            "contenders": CONTENDERS,
            "rounds": len(winners),
            "winners per round": "/".join(map(str, sorted(set(winners)))),
            "the others get": others,
        },
    )


PUT_IN_LOG: Line = ("put_item", "LOG#")
ADVANCE: Line = ("update_item", "CHANNEL#")


@pytest.mark.parametrize("line", [PUT_IN_LOG, ADVANCE], ids=["the offset", "the advance"])
def test_publications_of_many_get_an_offset_each(evidence: Record, line: Line) -> None:
    arena, winners = Arena(), []
    speakers = [arena.opened(f"speaker{n}=") for n in range(CONTENDERS)]
    for round_ in range(ROUNDS):
        room, number = f"room:{round_}", round_ + 2

        def publish(who: str, room: str = room, number: int = number) -> None:
            arena.frame(who, number, "publish", channel=room, data=who)

        arena.race(*[(line, lambda who=who: publish(who)) for who in speakers])
        log = arena.log(room)
        assert sorted(log) == sorted(speakers)
        offsets = [json.loads(m["Body"])["offset"] for batch in arena.wakes() for m in batch]
        assert sorted(offsets) == list(range(1, CONTENDERS + 1))
        winners.append(len({who for who in speakers if log[0] == who}))
    assert all(len(arena.got(who, "publish")) == ROUNDS for who in speakers)
    at = "take one offset" if line == PUT_IN_LOG else "advance one stream"
    record(evidence, at, winners, "the next offsets, each once, without a gap")


JOINS: tuple[Line, ...] = (
    ("put_item", "MEMBERS#"),
    ("get_item", "CHANNEL#"),
    ("query", "MEMBERS#"),
    ("update_item", "MEMBERS#"),
)
"""A join ahead of its member, of its position, of those it tells, and of its activation."""

DELIVERIES: tuple[Line, ...] = (
    ("get_item", "CHANNEL#"),
    ("update_item", "CHANNEL#"),
    ("query", "MEMBERS#"),
    ("query", "LOG#"),
)
"""A delivery ahead of its cursor, of its claim, of the members, and of what it brings."""


def test_joins_beside_publications_miss_nothing(evidence: Record) -> None:
    arena, whole = Arena(), []
    lines = [*itertools.product(JOINS, DELIVERIES)]
    for round_ in range(4 * len(lines)):
        of_join, of_delivery = lines[round_ // 4]
        room = f"room:{round_}"
        joining, speaking = (
            [arena.opened(f"{kind}{round_}-{n}=") for n in range(number)]
            for kind, number in (("join", 8), ("speak", 7))
        )
        # The room has one member already, and one wake was sent.
        first = arena.opened(f"first{round_}=")
        arena.frame(first, 2, "subscribe", channel=room)
        arena.frame(first, 3, "publish", channel=room, data=0)

        def subscribe(who: str, room: str = room) -> None:
            arena.frame(who, 2, "subscribe", channel=room)

        def publish(who: str, room: str = room) -> None:
            arena.frame(who, 2, "publish", channel=room, data=who)

        joins = [(of_join, lambda who=who: subscribe(who)) for who in joining]
        speakers = [(PUT_IN_LOG, lambda who=who: publish(who)) for who in speaking]
        # The first contender in the list reaches its line first, so both orders are tried.
        others = [*joins, *speakers]
        arena.race(
            *others[: round_ % 2 * 15], (of_delivery, arena.deliver), *others[round_ % 2 * 15 :]
        )
        arena.deliver()
        top = len(arena.log(room))
        assert top == 8
        missed = []
        for who in (first, *joining):
            (reply,) = arena.got(who, "subscribe")
            if arena.offsets(who, room) != list(range(reply["offset"] + 1, top + 1)):
                missed.append((who, of_join, of_delivery))
        assert missed == []
        whole.append(len(joining) - len(missed))
    record(evidence, "join while 7 publish and 1 delivers", whole, "-")


CLAIM: Line = ("update_item", "CHANNEL#")


def test_cursor_is_claimed_by_one_delivery(evidence: Record) -> None:
    arena, winners = Arena(), []
    cursors = arena.backend.realtime.cursors
    for round_ in range(ROUNDS):
        room = f"room:{round_}"
        cursors.begin(room, 0, 0)

        def claim(offset: int, room: str = room) -> bool:
            cursor = cursors.get(room, 0)
            assert cursor == Cursor(0, 0)
            return cursors.claim(room, 0, cursor, offset)

        claimed = arena.race(
            *[(CLAIM, lambda offset=n + 1: claim(offset)) for n in range(CONTENDERS)]
        )
        winners.append(sum(claimed))
        assert cursors.get(room, 0) == Cursor(claimed.index(True) + 1, 0)
    assert set(winners) == {1}
    record(evidence, "claim one cursor", winners, "a refusal, and read the cursor again")


def test_deliveries_that_should_not_be_together_lose_nothing() -> None:
    """As when a delivery that was given up comes back: the queue has one at work for a shard."""
    arena = Arena()
    for round_ in range(ROUNDS):
        room, member = f"room:{round_}", arena.opened(f"member{round_}=")
        arena.frame(member, 2, "subscribe", channel=room)
        for number in range(CONTENDERS):
            arena.frame(member, number + 3, "publish", channel=room, data=number)
        epoch = arena.backend.realtime.streams.position(room).epoch
        wakes = [Wake(room, 0, epoch, offset) for offset in range(1, CONTENDERS + 1)]
        for batch in arena.wakes():
            assert batch
        arena.race(*[(CLAIM, lambda wake=wake: deliver(arena.backend, wake)) for wake in wakes])
        assert set(arena.offsets(member, room)) == set(range(1, CONTENDERS + 1))
        assert arena.backend.realtime.cursors.get(room, 0) == Cursor(CONTENDERS, CONTENDERS)


TAKE: Line = ("update_item", "CONN#")


def test_frame_lock_lets_one_frame_of_a_number_through(evidence: Record) -> None:
    arena, winners = Arena(), []
    for round_ in range(ROUNDS):
        room, who = f"room:{round_}", arena.opened(f"double{round_}=")

        def subscribe(who: str = who, room: str = room) -> None:
            arena.frame(who, 2, "subscribe", channel=room)

        arena.race(*[(TAKE, subscribe)] * CONTENDERS)
        winners.append(len(arena.got(who, "subscribe")))
        connection = arena.backend.realtime.connections.get(who)
        assert connection
        assert (connection.done_id, connection.locked_by) == (2, "")
        (member,) = arena.backend.realtime.members.of(room, 0)
        assert not member.pending
        assert arena.api.closed == []
    assert set(winners) == {1}
    record(evidence, "pass the frame lock with one number", winners, "dropped as duplicates")


OPEN: Line = ("put_item", "CONN#")


def test_connection_is_opened_by_one_connect(evidence: Record) -> None:
    arena, winners = Arena(), []
    connections = arena.backend.realtime.connections
    for round_ in range(ROUNDS):
        rivals = [a_connection(f"rival{round_}=", client=str(n)) for n in range(CONTENDERS)]
        opened = arena.race(*[(OPEN, lambda one=one: connections.open(one)) for one in rivals])
        winners.append(sum(opened))
        assert connections.get(rivals[0].id) == rivals[opened.index(True)]
    assert set(winners) == {1}
    record(evidence, "open one connection", winners, "a refusal")


def test_connects_on_one_connection_leave_nothing_behind(evidence: Record) -> None:
    arena, winners = Arena(), []
    for round_ in range(ROUNDS):
        who = f"twice{round_}="
        act = (OPEN, lambda who=who: arena.opened(who))
        arena.race(*[act] * CONTENDERS)
        winners.append(len(arena.got(who, "connect")))
        assert who in arena.api.closed
        assert arena.rows(who) == []
    assert set(winners) <= {0, 1}
    record(evidence, "connect on one connection", winners, "the connection closed")
