"""What the official Centrifuge clients do, and nothing more: no check of gaps, no removal of
duplicates, no sorting. The offset of the latest publication is the position to recover from."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.simulated.gateway import SimulatedGateway
from harness.simulated.scheduler import Scheduler

COMMAND_TIMEOUT = 5.0
State = Literal["unsubscribed", "subscribing", "subscribed"]
Style = Literal["one frame", "two frames", "patient"]
Sender = Callable[[str, str], object]
Opener = Callable[[str, Callable[[], object]], object]


@dataclass
class Segment:
    """Publications without a gap that the client was told of."""

    base: int
    """It has, or does not want, what came until this offset."""
    offsets: list[int] = field(default_factory=list)
    excused: set[int] = field(default_factory=set)
    """Offsets that may come again: a redelivery moved the client's position back."""

    @property
    def top(self) -> int:
        return max(self.offsets, default=self.base)


@dataclass
class Client:
    """One client with one subscription."""

    name: str
    token: str
    channel: str
    scheduler: Scheduler
    gateway: SimulatedGateway
    handshake: Opener
    """Opens a connection; calls back if it is open."""
    send_frame: Sender
    javascript: bool
    """It takes publications whatever state its subscription is in; the Python client drops them
    unless it is subscribed."""
    style: Style
    next_id: int
    wants: bool = False
    state: State = "unsubscribed"
    connection_id: str | None = None
    connected: bool = False
    offset: int = 0
    epoch: str = ""
    recovers: bool = False
    segments: list[Segment] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    truth: dict[int, Any] = field(default_factory=dict)
    """What is in the log, by offset; shared by all clients of a run."""
    acknowledged: set[Any] = field(default_factory=set)
    expiry: bool = False
    _count: int = 0
    _opening: bool = False
    _pending: dict[int, tuple[str, Any]] = field(default_factory=dict)
    _subscribe_id: int = 0
    _left: bool = False
    """It unsubscribed, so what arrives until it is back may move its position."""

    # What a user of it does.

    def open(self) -> None:
        if self.connection_id is not None or self._opening:
            return
        self._opening = True
        self._count += 1
        name = f"{self.name}-{self._count}="
        # A handshake that nobody answers is tried again.
        self.scheduler.after(COMMAND_TIMEOUT, lambda: self._give_up_handshake(name))
        self.handshake(name, lambda: self._opened(name))

    def drop(self, *, silently: bool = False) -> None:
        """The connection breaks; ``silently`` where the gateway notices late."""
        if self.connection_id is None:
            return
        gone, self.connection_id, self.connected = self.connection_id, None, False
        chance = self.scheduler.random
        late = chance.random() * (10 if silently else 0.1)
        self.scheduler.after(late, lambda: self.gateway.drop(gone))
        self.scheduler.after(chance.uniform(0.1, 2), self.open)

    def subscribe(self, *, recover: bool = True) -> None:
        self.wants = True
        self.recovers = self.recovers and recover
        if self.connected and self.state == "unsubscribed":
            self.state = "subscribing"
            self._send(self._subscription())

    def unsubscribe(self) -> None:
        self.wants = False
        if self.connected and self.state != "unsubscribed":
            self._leave()

    def publish(self, data: Any) -> None:
        if self.connected:
            self._send(("publish", {"channel": self.channel, "data": data}))

    def ask(self) -> None:
        """Any command that has an answer."""
        if self.connected:
            self._send(("presence_stats", {"channel": self.channel}))

    @property
    def sent_id(self) -> int:
        """The id of the latest command."""
        return self.next_id - 1

    # The wire.

    def closed(self, connection_id: str) -> None:
        if connection_id == self.connection_id:
            self.drop()

    def receive(self, connection_id: str, text: str, *, excused: bool) -> None:
        for line in text.split("\n"):
            if connection_id != self.connection_id:
                return
            message = json.loads(line)
            if "push" in message:
                self._pushed(message["push"], excused=excused)
            elif message.get("id"):
                self._replied(message)

    def _opened(self, name: str) -> None:
        if not self._is_awaited(name):
            self.gateway.drop(name)
            return
        self._opening, self.connection_id = False, name
        self._pending.clear()
        self.state = "subscribing" if self.wants else "unsubscribed"
        connect = ("connect", {"token": self.token})
        if not self.wants or self.style == "patient":
            self._send(connect)
        elif self.style == "one frame":
            self._send(connect, self._subscription())
        else:
            self._send(connect)
            self._send(self._subscription())

    def _give_up_handshake(self, name: str) -> None:
        if self._is_awaited(name):
            self._opening = False
            self.open()

    def _is_awaited(self, name: str) -> bool:
        return self._opening and name == f"{self.name}-{self._count}="

    def _send(self, *commands: tuple[str, dict[str, Any]]) -> None:
        lines = []
        for method, params in commands:
            number, self.next_id = self.next_id, self.next_id + 1
            lines.append(json.dumps({"id": number, method: params}))
            self._pending[number] = method, params
            if method == "subscribe":
                self._subscribe_id = number
            self._await(number)
        connection_id, scheduler = self.connection_id, self.scheduler
        late = scheduler.random.random() * (scheduler.random.random() < 0.05)
        assert connection_id is not None
        text = "\n".join(lines)
        scheduler.after(scheduler.latency() + late, lambda: self.send_frame(connection_id, text))

    def _await(self, number: int) -> None:
        connection_id = self.connection_id

        def give_up() -> None:
            if connection_id == self.connection_id and number in self._pending:
                method, _ = self._pending.pop(number)
                # A publish fails for its caller; the others end the connection.
                if method not in ("publish", "presence_stats"):
                    self.drop()

        self.scheduler.after(COMMAND_TIMEOUT, give_up)

    def _subscription(self) -> tuple[str, dict[str, Any]]:
        params: dict[str, Any] = {"channel": self.channel, "flag": 1}
        if self.recovers:
            params |= {"recover": True, "offset": self.offset, "epoch": self.epoch}
        return "subscribe", params

    def _leave(self) -> None:
        self.state, self._left = "unsubscribed", True
        self._send(("unsubscribe", {"channel": self.channel}))

    # What it is told.

    def _replied(self, reply: dict[str, Any]) -> None:
        method, params = self._pending.pop(reply["id"], ("", {}))
        if not method:
            return
        if "error" in reply:
            self._refused(method, reply["error"], reply["id"])
            return
        match method:
            case "connect":
                self._welcomed()
            case "subscribe" if self.state == "subscribing" and reply["id"] == self._subscribe_id:
                self._joined(params, reply["subscribe"])
            case "publish":
                self.acknowledged.add(params["data"])

    def _refused(self, method: str, error: dict[str, Any], number: int) -> None:
        self._note(f"error {error['code']} for {method}")
        if method in ("connect", "unsubscribe"):
            self.drop()
        elif method == "subscribe" and number == self._subscribe_id:
            self.scheduler.after(self.scheduler.random.uniform(0.5, 2), self._try_again)

    def _try_again(self) -> None:
        if self.connected and self.state == "subscribing":
            self._send(self._subscription())

    def _welcomed(self) -> None:
        self.connected = True
        if self.wants and (self.style == "patient" or self.state == "unsubscribed"):
            self.state = "subscribing"
            self._send(self._subscription())
        elif not self.wants and self.state != "unsubscribed":
            self._leave()

    def _joined(self, params: dict[str, Any], reply: dict[str, Any]) -> None:
        asked, recovered = params.get("recover", False), reply.get("recovered", False)
        if asked and not recovered and not self.expiry:
            self._note("lie")
        if not (asked and recovered):
            self.segments.append(Segment(reply["offset"]))
        self.state, self.recovers = "subscribed", True
        self.offset, self.epoch = reply["offset"], reply["epoch"]
        for pub in reply.get("publications", ()):
            self._published(pub, excused=False)
        self.offset = reply["offset"]
        self._left = False

    def _pushed(self, push: dict[str, Any], *, excused: bool) -> None:
        match push:
            case {"pub": pub} if self.javascript or self.state == "subscribed":
                self._published(pub, excused=excused)
            case {"unsubscribe": {"code": code}} if self.state == "subscribed" and code >= 2500:
                self.state = "subscribing"
                self._send(self._subscription())
            case {"disconnect": {"code": code}}:
                self._note("kills")
                self.drop()

    def _published(self, pub: dict[str, Any], *, excused: bool) -> None:
        offset = pub["offset"]
        if self._left and (not self.segments or offset > self.offset + 1):
            # The JavaScript client moves its position even while it is unsubscribed.
            self.segments.append(Segment(offset - 1))
        if not self.segments:
            self._note("out of order")
            return
        self.offset, segment = offset, self.segments[-1]
        if self.truth.get(offset) != pub["data"]:
            self._note("stale")
        if offset in segment.offsets or offset <= segment.base:
            fair = excused or offset in segment.excused
            self._note(
                "delivered again" if fair else "after leaving" if self._left else "duplicate"
            )
        elif offset < segment.top:
            self._note("out of order")
        if excused:
            segment.excused.update(range(offset, max(offset, segment.top) + 1))
        segment.offsets.append(offset)

    def _note(self, finding: str) -> None:
        self.findings[finding] = self.findings.get(finding, 0) + 1

    def missing(self, top: int) -> Iterator[int]:
        """The offsets that were skipped silently or never came, when nothing more is under way."""
        for number, segment in enumerate(self.segments, 1):
            is_live = number == len(self.segments) and self.state == "subscribed"
            until = top if is_live else segment.top
            yield from set(range(segment.base + 1, until + 1)) - set(segment.offsets)
