"""Every AWS call of every write path of the socket fails in turn, before and after its effect: no
publication is lost.

After each fault the client does what the official clients do: it continues with the reply it got,
or it reconnects and recovers. The queues redeliver what was not handled, and maintenance runs. Then
every client has every publication, every acknowledged publication is in the log, no row of a closed
connection is left, and the next publication is delivered.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import jwt
import pytest

from gatehouse.backend.root import Backend
from gatehouse.errors import ForcedDisconnect, Unavailable
from gatehouse.flows.realtime.check_connection import check_connection
from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.flows.realtime.ping_connections import ping_connections
from gatehouse.flows.realtime.redrive_deliveries import redrive_deliveries
from gatehouse.realtime.delayed_checks import DelayedCheck
from gatehouse.stores.connections import SLOTS
from gatehouse.stores.secrets import Secrets
from harness.functions import load_app
from harness.moto_backend import FixedClock
from harness.queues import as_record
from harness.simulated.dynamodb import DynamoDB
from harness.simulated.settings import settings_of
from harness.simulated.sqs import SQS
from harness.socket_harness import OK, RecordingApi, disconnect_event, frame_event
from tests.support.delivery_audit import Heard, judge
from tests.support.evidence import Record
from tests.support.faults import KINDS, REFUSED, Call, Killed, Wire, injections

CHANNEL = "room:1"
SECRET = "s" * 32
VISIBLE_AGAIN = 100
"""Seconds after which a wake that was not handled is visible again."""


class _Secrets:
    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": SECRET}


@dataclass
class Person:
    """A client like the official ones: it checks nothing and keeps the last offset it received."""

    name: str
    connection: str = ""
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    position: tuple[int, str] | None = None
    wants: bool = False
    lines_read: int = 0
    account: Heard = field(default_factory=Heard)


class SocketFaults:
    """The realtime half on in-memory AWS, reached over a wire that can fail any call."""

    def __init__(self) -> None:
        self.clock, self.wire, self.api = FixedClock(), Wire(), RecordingApi()
        self.dynamodb = DynamoDB()
        self.sqs = SQS(lambda: float(self.clock.now()))
        self.backend = self.wire.backend(
            Backend(
                settings_of(self.sqs),
                clock=self.clock,
                secrets=Secrets(lambda: _Secrets()),  # type: ignore[arg-type, return-value]
                dynamodb=lambda: self.dynamodb,
                sqs=lambda: self.sqs,
                connections_api=lambda _: self.api,
                for_each=_one_after_another,
            )
        )
        self.backend.keys.verify_app_token(_token("warm"))
        self.socket = load_app("realtime", self.backend).socket
        self.socket._backend = lambda: self.backend
        self.deliver = load_app("delivery", self.backend).handler
        self.people = {name: Person(name) for name in ("ada", "bob")}
        self.count = itertools.count(1)

    # What clients do.

    def send(self, who: str, *commands: tuple[str, Any]) -> None:
        person = self.people[who]
        lines = [json.dumps({"id": next(person.ids), name: params}) for name, params in commands]
        assert self.socket(frame_event(person.connection, "\n".join(lines)), None) == OK

    def connect(self, who: str) -> None:
        person = self.people[who]
        person.connection, person.lines_read = f"{who}{next(self.count)}=", 0
        self.send(who, ("connect", {"token": _token(who)}))

    def subscribe(self, who: str) -> None:
        person = self.people[who]
        person.wants = True
        recovery: dict[str, Any] = {}
        if person.position:
            offset, epoch = person.position
            recovery = {"recover": True, "offset": offset, "epoch": epoch}
        self.send(who, ("subscribe", {"channel": CHANNEL, **recovery}))
        self.hear(who)

    def publish(self, who: str) -> None:
        name = f"{who}-{next(self.count)}"
        before = len(self._replies(who, "publish"))
        self.send(who, ("publish", {"channel": CHANNEL, "data": {"name": name}}))
        if len(self._replies(who, "publish")) > before:
            self.people[who].account.acknowledged.append(name)

    def hear(self, who: str) -> None:
        """Reads the lines that arrived since the last call, in order."""
        person = self.people[who]
        received = self.api.sent(person.connection)
        for line in received[person.lines_read :]:
            if reply := line.get("subscribe"):
                self._begin(person, reply)
            if pub := line.get("push", {}).get("pub"):
                self._take(person, pub)
        person.lines_read = len(received)

    def _begin(self, person: Person, reply: dict[str, Any]) -> None:
        account = person.account
        if account.begin is None:
            account.begin = reply["offset"]
        account.unrecovered += bool(reply.get("was_recovering") and not reply.get("recovered"))
        for pub in reply.get("publications", ()):
            self._take(person, pub)
        person.position = (reply["offset"], reply["epoch"])

    def _take(self, person: Person, pub: dict[str, Any]) -> None:
        person.account.heard.append((pub["offset"], pub["data"]["name"]))
        person.position = (pub["offset"], person.position[1] if person.position else "")

    def _replies(self, who: str, method: str) -> list[Any]:
        return [each for each in self.api.sent(self.people[who].connection) if method in each]

    # What happens without a client.

    def deliver_once(self) -> bool:
        """Passes one batch of wakes to the delivery function. Returns whether there was one."""
        url = self.sqs.url("DeliveryQueue")
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        if not messages:
            return False
        records = [*map(as_record, messages)]
        failed = {
            each["itemIdentifier"]
            for each in self.deliver({"Records": records}, None)["batchItemFailures"]
        }
        for each in messages:
            if each["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return True

    def settle(self) -> None:
        """Lets clients reconnect, queues redeliver and maintenance run, until no work is left."""
        self.wire.clear()
        for _ in range(3):
            self.clock.advance(VISIBLE_AGAIN)
            while self.deliver_once():
                pass
            self._look()
            for who in self.people:
                self._come_back(who)
        redrive_deliveries(self.backend)
        while self.deliver_once():
            pass

    def _look(self) -> None:
        messages = self.sqs.queues["CheckQueue"].messages
        due = [DelayedCheck.from_body(message.body) for message in messages]
        messages.clear()
        for check in due:
            check_connection(self.backend, check)
        for minute in range(SLOTS):
            ping_connections(self.backend, minute)

    def _come_back(self, who: str) -> None:
        """Reconnects after a close or a missing reply, and subscribes again where needed.

        Official clients wait five seconds for a reply.
        """
        person = self.people[who]
        self.hear(who)
        lines = self.api.sent(person.connection)
        answered = {each["id"] for each in lines if "id" in each}
        sent = next(person.ids)
        person.ids = itertools.chain([sent], person.ids)
        first = min(answered, default=sent)
        unanswered = set(range(first, sent)) - answered
        if person.connection in self.api.gone or unanswered or not answered:
            if person.connection not in self.api.gone:
                self.api.gone.add(person.connection)
                assert self.socket(disconnect_event(person.connection), None) == OK
            self.connect(who)
            if person.wants:
                self.subscribe(who)
        elif person.wants and self._is_not_subscribed(lines):
            self.subscribe(who)

    def _is_not_subscribed(self, lines: list[Any]) -> bool:
        kinds = [
            kind for each in lines for kind in ("subscribe", "unsubscribe") if _has(each, kind)
        ]
        errors = [each for each in lines if each.get("error", {}).get("temporary")]
        return bool(errors) or kinds[-1:] in ([], ["unsubscribe"])


def _has(line: dict[str, Any], kind: str) -> bool:
    return kind in (line.get("push", {}) if kind == "unsubscribe" else line)


def _one_after_another(work: Callable[[Any], object], items: Any) -> list[Exception]:
    failures: list[Exception] = []
    for item in items:
        try:
            work(item)
        except Exception as failure:
            failures.append(failure)
    return failures


def _token(who: str) -> str:
    return jwt.encode({"sub": who}, SECRET, algorithm="HS256")


# Write paths.


def _room(faulty: SocketFaults) -> None:
    """Prepares a channel with two members and one publication."""
    for who in faulty.people:
        faulty.connect(who)
        faulty.subscribe(who)
    faulty.publish("bob")
    while faulty.deliver_once():
        pass
    for who in faulty.people:
        faulty.hear(who)


def _absent(faulty: SocketFaults) -> None:
    """Prepares a room in which Ada is offline and has missed a publication."""
    _room(faulty)
    ada = faulty.people["ada"]
    faulty.api.gone.add(ada.connection)
    faulty.socket(disconnect_event(ada.connection), None)
    faulty.publish("bob")
    while faulty.deliver_once():
        pass


def _back(faulty: SocketFaults) -> None:
    """Prepares the same room with Ada connected again, but not yet subscribed."""
    _absent(faulty)
    faulty.connect("ada")


def _come(faulty: SocketFaults) -> None:
    faulty.connect("ada")
    faulty.subscribe("ada")


def _woken(faulty: SocketFaults) -> None:
    """Prepares two publications that wait for delivery."""
    _room(faulty)
    faulty.publish("bob")
    faulty.publish("bob")


def _unsubscribe(faulty: SocketFaults) -> None:
    faulty.people["ada"].wants = False
    faulty.send("ada", ("unsubscribe", {"channel": CHANNEL}))


def _end(faulty: SocketFaults) -> None:
    close_connection(faulty.backend, faulty.people["ada"].connection, ForcedDisconnect())


def _leave(faulty: SocketFaults) -> None:
    ada = faulty.people["ada"]
    faulty.api.gone.add(ada.connection)
    faulty.socket(disconnect_event(ada.connection), None)


PATHS: dict[str, tuple[Callable[[SocketFaults], None], Callable[[SocketFaults], object]]] = {
    "connect": (_absent, _come),
    "subscribe": (_back, lambda faulty: faulty.subscribe("ada")),
    "subscribe again": (_room, lambda faulty: faulty.subscribe("ada")),
    "unsubscribe": (_room, _unsubscribe),
    "publish": (_room, lambda faulty: faulty.publish("ada")),
    "delivery": (_woken, lambda faulty: faulty.deliver_once()),
    "close": (_room, _end),
    "$disconnect": (_room, _leave),
}
"""For each write path: the state it starts from, and the action."""


def _played(name: str, kind: str = "", at: int = -1) -> tuple[SocketFaults, list[Call]]:
    """Runs a path with one fault or none. Returns its state and its AWS calls."""
    faulty = SocketFaults()
    prepare, act = PATHS[name]
    prepare(faulty)
    faulty.wire.clear(kind, at)
    try:
        act(faulty)
    except Killed:
        pass
    except Unavailable:
        # Closing is called directly, not through a function. Its caller gets the error and retries.
        if name != "close":
            raise
    calls = list(faulty.wire.calls)
    assert bool(faulty.wire.hits) == (at >= 0)
    return faulty, calls


def _judge(faulty: SocketFaults, place: str) -> int:
    """Asserts what must hold after recovery. Returns the number of duplicates."""
    faulty.settle()
    faulty.publish("bob")
    while faulty.deliver_once():
        pass
    for who in faulty.people:
        faulty.hear(who)
    position = faulty.backend.realtime.streams.position(CHANNEL)
    publications = faulty.backend.realtime.streams.read(
        CHANNEL, 0, position.offset, now=faulty.clock.now()
    )
    log = [(each.offset, each.as_json()["data"]["name"]) for each in publications]
    there = [person for person in faulty.people.values() if person.wants]
    verdict = judge(log, [person.account for person in there])
    assert [offset for offset, _ in log] == list(range(1, position.offset + 1)), place
    assert replace(verdict, duplicate=0) == type(verdict)(0, 0, 0, 0, 0, 0), place
    alive = {person.connection for person in faulty.people.values()}
    rows = faulty.dynamodb.scan(TableName="RealtimeTable")["Items"]
    left = [row["connection"]["S"] for row in rows if "connection" in row]
    assert set(left) <= alive, place
    return verdict.duplicate


@pytest.mark.parametrize("name", PATHS)
def test_a_fault_at_any_call_loses_nothing(name: str, evidence: Record) -> None:
    faulty, calls = _played(name)
    assert _judge(faulty, "no fault") == 0
    injected = injections(calls)
    duplicates = 0
    for kind, number in injected:
        place = f"{kind} call {number} ({calls[number].operation})"
        repeats = _judge(_played(name, kind, number)[0], place)
        # Only a delivery that died before it noted what it sent may send it twice.
        assert repeats == 0 or name == "delivery", place
        duplicates += repeats
    count = Counter(kind for kind, _ in injected)
    evidence(
        "Faults of the socket",
        {
            "write path": name,
            "calls": count[REFUSED],
            **{kind: count[kind] for kind in KINDS},
            "invariants held": len(injected),
            "sent twice after a death": duplicates,
        },
    )
