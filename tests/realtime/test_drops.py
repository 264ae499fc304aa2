"""Four hundred publications while sockets are cut, received by the official clients.

Each of four clients publishes and subscribes. Every acknowledged publication must be in the log,
and every client must receive each publication exactly once and in order. A naive server run the
same way must fail, which shows that the test detects faults.
"""

import asyncio
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import jwt
from centrifuge import (
    Client,
    PublicationContext,
    SubscribedContext,
    SubscriptionEventHandler,
)

from gatehouse import strict_json
from gatehouse.backend.root import Backend
from gatehouse.flows.realtime.broadcast import broadcast
from gatehouse.flows.realtime.publish import Publish
from gatehouse.realtime import pushes
from gatehouse.stores.connections import Connection
from harness.loopback_gateway import LoopbackGateway, NetworkFaults, gateway
from tests.support.delivery_audit import Heard, Verdict, judge
from tests.support.evidence import Record
from tests.support.loops import run
from tests.support.node import missing

CHANNEL = "room:1"
CLIENTS, EACH = 4, 100
PAUSE = 0.02
"""Seconds between a client's publications."""

CUTS = 0.06
"""Seconds between two cuts."""

DEAF = 10.0
"""Seconds without a new publication after which a client counts as deaf."""

STORMY = NetworkFaults(latency=0.004, straggling=0.02, untold=0.3, failing=0.02)
DEADLY = replace(STORMY, dying=0.02, losing=0.01)
PERFECT = Verdict(0, 0, 0, 0, 0, 0)
CLIENTS_FOLDER = Path(__file__).parents[1] / "clients"


def token(running: LoopbackGateway, user: str) -> str:
    return jwt.encode({"sub": user}, running.secret, algorithm="HS256")


@contextmanager
def cutting(running: LoopbackGateway) -> Iterator[None]:
    """Cuts sockets at intervals while the block runs."""
    over = threading.Event()

    def cut() -> None:
        while not over.wait(CUTS):
            running.cut()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def log_of(running: LoopbackGateway) -> list[tuple[int, str]]:
    """Returns the offset and name of each publication in the log."""
    top = running.backend.realtime.streams.position(CHANNEL).offset
    publications = running.backend.realtime.streams.read(CHANNEL, 0, top, now=int(time.time()))
    return [(each.offset, each.as_json()["data"]["name"]) for each in publications]


# The Python client.


class Ears(SubscriptionEventHandler):
    """Records what one subscription receives."""

    def __init__(self) -> None:
        self.account = Heard(reconnects=-1)

    async def on_subscribed(self, context: SubscribedContext) -> None:
        self.account.reconnects += 1
        position = context.stream_position
        if self.account.begin is None and position:
            self.account.begin = position.offset
        if context.was_recovering and not context.recovered:
            self.account.unrecovered += 1

    async def on_publication(self, context: PublicationContext) -> None:
        self.account.heard.append((context.pub.offset, context.pub.data["name"]))


async def python_clients(running: LoopbackGateway) -> list[Heard]:
    ears = [Ears() for _ in range(CLIENTS)]
    clients = [
        Client(
            running.url,
            token=token(running, str(number)),
            min_reconnect_delay=0.02,
            max_reconnect_delay=0.2,
        )
        for number in range(CLIENTS)
    ]
    rooms = [
        client.new_subscription(
            CHANNEL, each, min_resubscribe_delay=0.02, max_resubscribe_delay=0.2
        )
        for client, each in zip(clients, ears, strict=True)
    ]
    for client, room in zip(clients, rooms, strict=True):
        await client.connect()
        await room.subscribe()
        await room.ready()

    async def publish(number: int) -> None:
        for count in range(EACH):
            name = f"{number}-{count}"
            try:
                await rooms[number].publish({"name": name})
            except Exception:  # Any error means that it was not acknowledged.
                continue
            else:
                ears[number].account.acknowledged.append(name)
            finally:
                await asyncio.sleep(PAUSE)

    with cutting(running):
        await asyncio.gather(*map(publish, range(CLIENTS)))
    await asyncio.gather(*(_hear_all(running, each.account) for each in ears))
    for client in clients:
        await client.disconnect()
    return [each.account for each in ears]


async def _hear_all(running: LoopbackGateway, account: Heard) -> None:
    """Waits until a client has the latest publication, or gets nothing new for ``DEAF`` seconds."""
    top = running.backend.realtime.streams.position(CHANNEL).offset
    quiet, count = time.monotonic(), len(account.heard)
    while not account.heard or account.heard[-1][0] < top:
        await asyncio.sleep(0.05)
        if len(account.heard) > count:
            quiet, count = time.monotonic(), len(account.heard)
        if time.monotonic() - quiet > DEAF:
            return


# The JavaScript client.


def javascript_clients(running: LoopbackGateway) -> list[Heard]:
    options = {
        "url": running.url,
        "tokens": [token(running, str(number)) for number in range(CLIENTS)],
        "channel": CHANNEL,
        "each": EACH,
        "pause": 1000 * PAUSE,
        "deaf": 1000 * DEAF,
    }
    node = subprocess.Popen(
        [shutil.which("node") or "node", "centrifuge.mjs", json.dumps(options)],
        cwd=CLIENTS_FOLDER,
        stdout=subprocess.PIPE,
        text=True,
    )
    with node:
        assert node.stdout
        with cutting(running):
            assert node.stdout.readline().strip() == "published"
        return [Heard(**account) for account in json.loads(node.stdout.readline())]


def need_client() -> None:
    """Skips the test if the client is not installed. In CI, fails instead."""
    if not (shutil.which("node") and (CLIENTS_FOLDER / "node_modules" / "centrifuge").exists()):
        missing("Not tested: Node.js or the packages of tests/clients are missing.")


# A naive server.


def publish_at_once(backend: Backend, connection: Connection, request: Publish) -> None:
    """Sends a publication directly from the publisher, as common samples do."""
    info = pushes.info(connection.user_id, connection.client)
    pub = strict_json.dumps({"data": request.data, "info": info})
    rule = backend.realtime.rules.of(request.channel)
    now = backend.clock.now()
    position = backend.realtime.streams.append(request.channel, pub, now=now, life=60)
    line = pushes.publication(request.channel, pub, position.offset)
    broadcast(backend, rule, request.channel, line)


def without_delivery(running: LoopbackGateway) -> None:
    handler = running.socket.commands["publish"]
    running.socket.commands["publish"] = replace(handler, flow=publish_at_once)


# The results.


def tell(
    evidence: Record, client: str, server: str, running: LoopbackGateway, heard: list[Heard]
) -> Verdict:
    log = log_of(running)
    verdict = judge(log, heard)
    evidence(
        "400 publications while sockets are cut",
        {
            "client": client,
            "server": server,
            "cuts": running.cuts,
            "reconnects": sum(each.reconnects for each in heard),
            "acknowledged": sum(len(each.acknowledged) for each in heard),
            "in the log": len(log),
            "deaths": running.deaths + running.pushed_twice,
            **{name.replace("_", " "): count for name, count in asdict(verdict).items()},
        },
    )
    return verdict


def heard_by_python(running: LoopbackGateway) -> list[Heard]:
    heard: list[Heard] = []

    async def conversation() -> None:
        heard.extend(await python_clients(running))

    run(conversation)
    return heard


def test_python_clients_miss_nothing_while_sockets_are_cut(evidence: Record) -> None:
    with gateway(network=STORMY, seed=1) as running:
        heard = heard_by_python(running)
        assert tell(evidence, "centrifuge-python", "Gatehouse", running, heard) == PERFECT


def test_javascript_clients_miss_nothing_while_sockets_are_cut(evidence: Record) -> None:
    need_client()
    with gateway(network=STORMY, seed=2) as running:
        heard = javascript_clients(running)
        assert tell(evidence, "centrifuge (npm)", "Gatehouse", running, heard) == PERFECT


def test_python_clients_miss_nothing_while_functions_die(evidence: Record) -> None:
    with gateway(network=DEADLY, seed=3) as running:
        heard = heard_by_python(running)
        verdict = tell(evidence, "centrifuge-python", "Gatehouse, functions killed", running, heard)
        # A delivery that dies after sending sends again. Only these duplicates are allowed.
        assert replace(verdict, duplicate=0) == PERFECT
        assert verdict.duplicate == 0 or running.deaths + running.pushed_twice


def test_naive_server_is_seen_to_lose_or_to_disorder(evidence: Record) -> None:
    with gateway(network=STORMY, seed=4) as running:
        without_delivery(running)
        heard = heard_by_python(running)
        verdict = tell(evidence, "centrifuge-python", "naive (control)", running, heard)
        assert verdict.lost + verdict.out_of_order + verdict.duplicate > 0
