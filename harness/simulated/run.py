"""One simulated run: clients on a network with faults, and what has to be said of it afterwards."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from harness.simulated.client import Client, Style
from harness.simulated.deployment import CHANNEL, START, TOKEN, SimulatedDeployment
from harness.simulated.network_faults import CHAOS_END, NetworkFaults
from harness.simulated.scheduler import Scheduler, seeded, virtual_pauses

PROBE = 640.0
"""A publication for everybody, when maintenance has pinged everybody once."""

BURST = 50
"""Publications that a client sends at once, which is no reason to end its connection."""

CHECK, END = 700.0, 760.0
FOREVER = 86_400


@dataclass
class Verdict:
    """What went wrong, by kind; and how much happened."""

    seed: int
    findings: Counter[str] = field(default_factory=Counter)
    publications: int = 0
    deliveries: int = 0
    calls: int = 0

    @property
    def faults(self) -> dict[str, int]:
        """What may not happen whatever fails."""
        return {name: self.findings[name] for name in FAULTS if self.findings[name]}


FAULTS = (
    "lost", "duplicate", "out of order", "stale", "deaf", "stuck", "ghost", "leaked", "lie",
    "not in the log", "overwritten", "escaped",
)  # fmt: skip


class Run:
    """The clients of a run, what they do, and the judgment."""

    def __init__(self, seed: int, network: NetworkFaults) -> None:
        self.scheduler = Scheduler(seed, network.hazards)
        self.chance = self.scheduler.random
        self.network = network
        life = self.chance.randint(4, 20) if network.expiry else FOREVER
        shards = self.chance.randint(1, 3)
        self.deployment = SimulatedDeployment(self.scheduler, network, shards=shards, life=life)
        self.verdict = Verdict(seed)
        self.acknowledged: set[Any] = set()
        self._values = iter(range(1, 10**6))
        self.clients = [self._client(number) for number in range(self.chance.randint(2, 5))]

    def play(self) -> Verdict:
        self._begin_with_a_past()
        for client in self.clients:
            self._plan(client)
        at = self.scheduler.after
        for _ in range(self.chance.randint(5, 40)):
            at(self._moment(), self._publish)
        for minute in range(1, int(END / 60) + 1):
            at(60.0 * minute, self.deployment.tick)
        at(PROBE - 1, self._check_rows)
        at(PROBE, self._publish)
        at(CHECK, self._check)
        self.scheduler.run(END)
        self._check_at_the_end()
        self.scheduler.close()
        return self.verdict

    def _client(self, number: int) -> Client:
        chance, styles = self.chance, ("one frame", "two frames", "patient")
        style: Style = chance.choice(styles)  # type: ignore[arg-type]

        def handshake(name: str, opened: Any) -> None:
            self.deployment.handshake(name, opened, client)

        client = Client(
            name=f"client{number}",
            token=TOKEN,
            channel=CHANNEL,
            scheduler=self.scheduler,
            gateway=self.deployment.gateway,
            handshake=handshake,
            send_frame=self.deployment.frame,
            javascript=chance.random() < 0.5,
            style=style,
            next_id=chance.randint(1, 10),
            wants=chance.random() < 0.7,
            truth=self.deployment.truth,
            acknowledged=self.acknowledged,
            expiry=self.network.expiry,
        )
        return client

    # What happens.

    def _begin_with_a_past(self) -> None:
        """Half of the channels are old: with a log, parts of which expired, and no cursors."""
        if self.chance.random() < 0.5:
            return
        streams = self.deployment.backend.realtime.streams
        for _ in range(self.chance.randint(1, 9)):
            life = self.chance.choice((1, 10)) if self.network.expiry else FOREVER
            streams.append(CHANNEL, f'{{"data":{next(self._values)}}}', now=START, life=life)

    def _plan(self, client: Client) -> None:
        chance, at = self.chance, self.scheduler.after
        at(chance.random() * 5, client.open)
        for _ in range(chance.randint(3, 12)):
            at(self._moment(), lambda: self._act(client))
        if chance.random() < 0.1:
            at(15, lambda: self._burst(client))
        at(CHAOS_END + 1, client.subscribe)
        at(CHECK + 1, client.ask)

    def _burst(self, client: Client) -> None:
        for _ in range(BURST):
            client.publish(next(self._values))

    def _moment(self) -> float:
        """Activity comes in rushes."""
        chance = self.chance
        if chance.random() < 0.3:
            return chance.random() * CHAOS_END
        return max(0.0, chance.gauss(chance.choice((6, 14, 22)), 0.4))

    def _act(self, client: Client) -> None:
        chance = self.chance
        match chance.random():
            case x if x < 0.35:
                for _ in range(chance.choice((1, 1, 3))):
                    client.publish(next(self._values))
            case x if x < 0.6:
                self._turn(client)
                if chance.random() < 0.6:
                    self.scheduler.after(chance.random() * 0.3, lambda: self._turn(client))
            case x if x < 0.8:
                client.drop(silently=chance.random() < 0.5)
            case x if x < 0.9:
                self._turn(client)
                self.scheduler.after(chance.random() * 0.1, client.drop)

    def _turn(self, client: Client) -> None:
        if client.wants:
            client.unsubscribe()
        else:
            client.subscribe(recover=self.chance.random() < 0.8)

    def _publish(self) -> None:
        self.deployment.publish(next(self._values))

    # What is to be said.

    def _check(self) -> None:
        findings, deployment = self.verdict.findings, self.deployment
        (stream,) = deployment.items("CHANNEL#") and [
            item for item in deployment.items("CHANNEL#") if item["sk"]["S"] == "STREAM"
        ]
        top = int(stream["top"]["N"])
        members = {row["sk"]["S"]: row for row in deployment.items("MEMBERS#")}
        for client in self.clients:
            row = members.get(client.connection_id or "", {"pending": {}})
            findings["deaf"] += client.state == "subscribed" and "pending" in row
            findings["lost"] += len(list(client.missing(top)))
            self.verdict.deliveries += sum(len(each.offsets) for each in client.segments)

    def _check_rows(self) -> None:
        """Nothing is left of closed sockets, before a publication would find it."""
        findings, deployment = self.verdict.findings, self.deployment
        sockets = deployment.gateway.sockets.items()
        closed = {name for name, socket in sockets if not socket.open}
        members = {row["sk"]["S"] for row in deployment.items("MEMBERS#")}
        findings["ghost"] += len(closed & members)
        findings["leaked"] += len(closed & deployment.connections().keys())

    def _check_at_the_end(self) -> None:
        findings, deployment = self.verdict.findings, self.deployment
        rows = deployment.connections()
        for client in self.clients:
            findings.update(client.findings)
            row = rows.get(client.connection_id or "", {"closing": {}})
            ready = client.connected and client.state == "subscribed" and "closing" not in row
            findings["stuck"] += not (ready and int(row["done_id"]["N"]) == client.sent_id)
        findings["not in the log"] += len(self.acknowledged - set(deployment.truth.values()))
        findings["overwritten"] += deployment.overwritten
        findings["escaped"] += len(self.scheduler.failures)
        findings["kills"] += deployment.gateway.kills
        self.verdict.publications = len(deployment.truth)


def simulate(seed: int, network: NetworkFaults) -> Verdict:
    """Plays one run. The same seed gives the same run in processes with the same hash seed."""
    with seeded(Random(seed)):
        run = Run(seed, network)
        with virtual_pauses(run.scheduler):
            return run.play()
