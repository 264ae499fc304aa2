"""`python -m bench.rooms`: measures what a message costs by room size, and writes docs/rooms.md.

Units, calls and frames are counted. CPU is that of the delivery with its real @connections client
and a server that responds at once. Fan-out times are measured over real WebSockets behind the
loopback gateway.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import jwt
from websockets.asyncio.client import ClientConnection, connect

from bench.build import ACCOUNT, ROOT
from gatehouse import aws
from gatehouse.backend.root import Backend
from gatehouse.flows.realtime.deliver import handle_wakes
from gatehouse.flows.realtime.publish import Publish, publish
from gatehouse.realtime.channels import Rule, Rules, anyone
from harness.loopback_gateway import LoopbackGateway, NetworkFaults
from harness.records import a_connection, a_member
from harness.simulated.dynamodb import DynamoDB
from harness.simulated.sqs import SQS

SIZES = (1, 10, 100, 1_000)
ROUNDS = 9
CHANNEL = "room:1"
RULES = Rules((Rule(pattern="room:*", subscribe=anyone, publish=anyone, presence=anyone),))
"""A room without join and leave events, which do not matter here."""

DATA = {"text": "dinner is ready"}

_ANSWERS = """
import asyncio

async def answer(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\\r\\n")[1:-2])
            await reader.readexactly(int(lines.get(b"content-length", 0)))
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


@dataclass
class Room:
    """What one message uses in a room of this size."""

    size: int
    reads: float = 0
    writes: float = 0
    queue_calls: int = 0
    frames: int = 0
    cpu: float = 0
    """Seconds of CPU of the delivery."""
    fan_out: float = 0
    """Seconds from the publisher's frame to the last receiver's."""


class _Counted:
    """A client whose calls are counted."""

    def __init__(self, client: Any) -> None:
        self.calls = 0
        self._client = client

    def __getattr__(self, name: str) -> Any:
        self.calls += 1
        return getattr(self._client, name)


@contextmanager
def _answering() -> Iterator[str]:
    """Runs a server that replaces @connections in a separate process. Yields its URL."""
    with subprocess.Popen(  # noqa: S603 # our own program
        [sys.executable, "-c", _ANSWERS], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout  # noqa: S101 # it is a pipe
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/dev"
        finally:
            process.kill()


class MeteredRoom:
    """One room with counted AWS clients."""

    def __init__(self, size: int, url: str) -> None:
        self.room = Room(size)
        self.dynamodb, self.queues = DynamoDB(), SQS(time.monotonic)
        self.sqs, self.posts = _Counted(self.queues), _Counted(aws.connections(url))
        with LoopbackGateway(rules=RULES) as template:
            settings = replace(template.backend.settings, connections_url=url)
        self.backend = Backend(
            settings,
            dynamodb=lambda: self.dynamodb,
            sqs=lambda: self.sqs,
            connections_api=lambda _: self.posts,
            own_rules=RULES,
        )
        for number in range(size):
            self.backend.realtime.members.add(
                a_member(f"member{number}=", expires_at=None, pending=False)
            )
        self.times: list[float] = []
        self.act()

    def act(self) -> None:
        """Publishes and delivers one message, and updates the figures of the room."""
        before = self._used()
        publish(self.backend, a_connection(), Publish(CHANNEL, DATA))
        (message,) = self.queues.receive_message(QueueUrl=self.queues.url("DeliveryQueue"))[
            "Messages"
        ]
        started = time.process_time()
        handle_wakes(self.backend, [message["Body"]])
        self.times.append(time.process_time() - started)
        self.queues.delete_message(
            QueueUrl=self.queues.url("DeliveryQueue"), ReceiptHandle=message["ReceiptHandle"]
        )
        reads, writes, calls, frames = (
            now - was for now, was in zip(self._used(), before, strict=True)
        )
        self.room = replace(
            self.room,
            reads=reads,
            writes=writes,
            queue_calls=int(calls),
            frames=int(frames),
            cpu=median(self.times),
        )

    def _used(self) -> tuple[float, float, float, float]:
        meter = self.dynamodb.meter
        return meter.reads, meter.writes, self.sqs.calls, self.posts.calls


def counted() -> list[Room]:
    """Returns the counted figures of every size, measured in turns."""
    with _answering() as url:
        rooms = [MeteredRoom(size, url) for size in SIZES]
        for number in range(ROUNDS):
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
            for room in rooms:
                room.act()
        return [room.room for room in rooms]


async def _member(running: LoopbackGateway, number: int) -> ClientConnection:
    token = jwt.encode({"sub": f"user{number}"}, running.secret, algorithm="HS256")
    socket = await connect(running.url, compression=None, ping_interval=None)
    commands = [
        {"id": 1, "connect": {"token": token}},
        {"id": 2, "subscribe": {"channel": CHANNEL}},
    ]
    await socket.send("\n".join(map(json.dumps, commands)))
    while '"id":2' not in str(await socket.recv()):
        pass
    return socket


async def _heard(socket: ClientConnection) -> float:
    while '"pub"' not in str(await socket.recv()):
        pass
    return time.monotonic()


async def _fan_out(running: LoopbackGateway, size: int) -> float:
    """Returns the median seconds from a publisher's frame to the last receiver's."""
    sockets = [await _member(running, number) for number in range(size)]
    durations = []
    for number in range(ROUNDS):
        heard = [asyncio.ensure_future(_heard(socket)) for socket in sockets]
        started = time.monotonic()
        command = {"id": 3 + number, "publish": {"channel": CHANNEL, "data": DATA}}
        await sockets[0].send(json.dumps(command))
        durations.append(max(await asyncio.gather(*heard)) - started)
    await asyncio.gather(*(socket.close() for socket in sockets))
    return median(durations)


def timed(room: Room) -> Room:
    """Returns the room with the time of a fan-out over real WebSockets."""
    print(f"a room of {room.size}", file=sys.stderr, flush=True)
    with LoopbackGateway(network=NetworkFaults(latency=0.0001), rules=RULES) as running:
        return replace(room, fan_out=asyncio.run(_fan_out(running, room.size)))


_PAGE = f"""\
# What a message costs in a room

<!-- Written by `make rooms`. -->

One message of twenty bytes is published to a channel of one shard and delivered to every member.
DynamoDB units, SQS calls and frames are counted and are the same on every machine. The publisher's
own frame adds one unit of each kind. A frame carries up to 32 KB of messages, so a burst needs
fewer frames. CPU is that of the delivery with the @connections client it has on AWS, and a server
that responds at once. Fan-out is the time from the publisher's frame to the last receiver's, over
real WebSockets on this machine (2 cores, with clients, gateway and functions in one process).
Figures are medians of {ROUNDS} messages.

| members | read units | write units | SQS calls | frames | units each | CPU µs each | fan-out ms |
|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def page(rooms: list[Room]) -> str:
    """Returns the text of docs/rooms.md."""
    return _PAGE + "".join(map(_line, rooms))


def _line(room: Room) -> str:
    cells = (
        f"{room.size:,}",
        f"{room.reads:g}",
        f"{room.writes:g}",
        f"{room.queue_calls}",
        f"{room.frames:,}",
        f"{(room.reads + room.writes) / room.size:.2g}",
        f"{1e6 * room.cpu / room.size:,.0f}",
        f"{1e3 * room.fan_out:,.0f}",
    )
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Counts, times and reports."""
    os.environ.update(ACCOUNT)
    text = page([timed(room) for room in counted()])
    print(text)
    (ROOT / "docs" / "rooms.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
