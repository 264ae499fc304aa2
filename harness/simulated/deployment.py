"""The realtime half of Gatehouse as it is, on simulated AWS in virtual time."""

import json
from collections.abc import Callable
from typing import Any

import jwt

from gatehouse.backend.root import Backend
from gatehouse.flows.realtime.publish import Publish, publish
from gatehouse.realtime.channels import Rule, Rules, anyone
from gatehouse.stores.connections import Connection
from gatehouse.stores.secrets import Secrets
from harness.functions import load_app
from harness.simulated.dynamodb import DynamoDB
from harness.simulated.gateway import SimulatedGateway
from harness.simulated.network_faults import NetworkFaults
from harness.simulated.scheduler import Invocation, Scheduler
from harness.simulated.settings import settings_of
from harness.simulated.sources import Source
from harness.simulated.sqs import SQS
from harness.template import functions

START = 1_800_000_000
"""Seconds since 1970 at which virtual time begins."""

CHANNEL = "room:1"
SECRET = "s" * 32
LEASE = 12.0
"""Visibility of wakes in seconds: short, so that a slow delivery outlives it."""

TOKEN = jwt.encode({"sub": "ada"}, SECRET, "HS256")


class Clock:
    """``backend.clock`` in virtual time."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def now(self) -> int:
        return START + int(self._scheduler.now)

    def sleep(self, seconds: float) -> None:
        self._scheduler.sleep(seconds)


class Wire:
    """A client of botocore that is reached over a network; somebody listens."""

    def __init__(
        self,
        scheduler: Scheduler,
        client: Any,
        listen: Callable[[str, dict[str, Any], Any], None] | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._client = client
        self._listen = listen

    def __getattr__(self, name: str) -> Any:
        method, listen = getattr(self._client, name), self._listen

        def effect(request: dict[str, Any]) -> Any:
            answer = method(**request)
            if listen:
                listen(name, request, answer)
            return answer

        return lambda **request: self._scheduler.call(lambda: effect(request))


class SimulatedDeployment:
    """Functions, tables, queues and the gateway of one run."""

    def __init__(
        self, scheduler: Scheduler, network: NetworkFaults, *, shards: int, life: int
    ) -> None:
        self.scheduler = scheduler
        self.truth: dict[int, Any] = {}
        """What is in the log, by offset."""
        self.overwritten = 0
        self.dynamodb = DynamoDB()
        self.dynamodb.conflicts = scheduler.meets_transaction
        self.sqs = SQS(lambda: scheduler.now, DeliveryQueue=LEASE)
        self.gateway = SimulatedGateway(
            scheduler, network.posts, self._disconnected, self._repeats, network.disconnect_chance
        )
        rule = Rule(
            pattern="room:*",
            subscribe=anyone,
            publish=anyone,
            presence=anyone,
            history=anyone,
            history_size=300,
            history_life=life,
            shards=shards,
        )
        self.backend = Backend(
            settings_of(self.sqs),
            clock=Clock(scheduler),
            secrets=Secrets(lambda: _Secrets()),  # type: ignore[arg-type, return-value]
            dynamodb=lambda: Wire(scheduler, self.dynamodb, self._listen),
            sqs=lambda: Wire(scheduler, self.sqs),
            connections_api=lambda _: self.gateway,
            for_each=scheduler.for_each,
            own_rules=Rules((rule,)),
        )
        self.socket = load_app("realtime", self.backend).socket
        self.socket._backend = lambda: self.backend
        delivery, self._maintenance = (
            load_app(name, self.backend) for name in ("delivery", "maintenance")
        )
        chance = scheduler.random
        Source(
            self.sqs,
            "DeliveryQueue",
            self._noted(delivery.handler),
            _Host(self, "delivery"),
            chance,
        )
        check = self._noted(self._maintenance.handler)
        Source(self.sqs, "CheckQueue", check, _Host(self, "maintenance"), chance)

    # What happens to it.

    def handshake(self, connection_id: str, opened: Callable[[], object], peer: Any) -> None:
        """Somebody opens a socket; ``opened`` is called if it comes to that."""

        def finish(answer: dict[str, int]) -> None:
            if answer["statusCode"] == 200:
                self.gateway.open(connection_id, peer)
                self.scheduler.after(self.scheduler.latency(), opened)

        event = _event("$connect", connection_id)
        self.invoke("connect", lambda _: self.socket(event, None), then=finish)

    def frame(self, connection_id: str, text: str) -> None:
        """A frame comes over a socket."""
        event = _event("$default", connection_id) | {"body": text}
        self.invoke("frame", lambda invocation: self.socket(event, _Context(self, invocation)))

    def publish(self, data: Any) -> None:
        """Somebody publishes who is not one of the clients."""
        connection = Connection(
            id="api", client="api", user_id="api", session_id="", expires_at=None, ttl=0,
            channels=frozenset(),
        )  # fmt: skip
        request = Publish(CHANNEL, data)
        self.invoke("frame", lambda _: publish(self.backend, connection, request))

    def tick(self) -> None:
        """The schedule of maintenance."""
        self.invoke("maintenance", lambda _: self._maintenance.handler({}, None))

    def invoke(
        self,
        kind: str,
        work: Callable[[Invocation], Any],
        then: Callable[[Any], object] | None = None,
    ) -> None:
        self.scheduler.start(kind, work, timeout=_timeout(kind), then=then)

    def _disconnected(self, connection_id: str) -> None:
        event, scheduler = _event("$disconnect", connection_id), self.scheduler
        begin = lambda: self.invoke("disconnect", lambda _: self.socket(event, None))  # noqa: E731
        scheduler.after(5 * scheduler.latency(), begin)

    def _noted(self, handler: Callable[[Any, Any], Any]) -> Callable[[dict[str, Any]], Any]:
        """Lets an invocation remember what it was called with."""

        def call(event: dict[str, Any]) -> Any:
            invocation = self.scheduler.invocation
            assert invocation is not None
            invocation.notes["records"] = event["Records"]
            return handler(event, None)

        return call

    # What is seen of it.

    def items(self, prefix: str) -> list[dict[str, Any]]:
        """The rows of the realtime table whose partition key begins like that."""
        rows = self.dynamodb.scan(TableName="RealtimeTable")["Items"]
        return [item for item in rows if item["pk"]["S"].startswith(prefix)]

    def connections(self) -> dict[str, dict[str, Any]]:
        """The rows of connections, by their ids."""
        return {row["pk"]["S"].removeprefix("CONN#"): row for row in self.items("CONN#")}

    def _listen(self, operation: str, request: dict[str, Any], answer: Any) -> None:
        invocation = self.scheduler.invocation
        if operation == "put_item" and request["Item"]["pk"]["S"].startswith("LOG#"):
            offset = int(request["Item"]["sk"]["S"])
            data = json.loads(request["Item"]["pub"]["S"])["data"]
            self.overwritten += self.truth.setdefault(offset, data) != data
            self.truth[offset] = data
        key = request.get("Key", {}).get("sk", {}).get("S", "")
        if invocation is None or not key.startswith("CURSOR#"):
            return
        claims: set[tuple[str, int]] = invocation.notes.setdefault("claims", set())
        if operation == "update_item":
            claims.add((key, int(request["ExpressionAttributeValues"][":claim"]["N"])))
        elif "Item" in answer:
            claim, done = (int(answer["Item"][name]["N"]) for name in ("claim", "done"))
            invocation.notes[key] = claim > done and (key, claim) not in claims

    def _repeats(self, invocation: Invocation | None) -> bool:
        """Whether a delivery serves what another one claimed, or has lost its lease."""
        if invocation is None or invocation.kind != "delivery":
            return False
        notes, queue = invocation.notes, self.sqs.queues["DeliveryQueue"]
        if any(notes[key] for key in notes if str(key).startswith("CURSOR#")):
            return True
        receipts = {message.receipt for message in queue.messages}
        lease = invocation.began + LEASE
        own_receipts = {record["receiptHandle"] for record in notes["records"]}
        return self.scheduler.now > lease or not own_receipts <= receipts


class _Host:
    """Where the functions of a queue run."""

    def __init__(self, deployment: SimulatedDeployment, kind: str) -> None:
        self._deployment = deployment
        self._kind = kind
        self.after = deployment.scheduler.after

    def invoke(self, work: Callable[[], Any], then: Callable[[Any], object]) -> None:
        self._deployment.invoke(self._kind, lambda _: work(), then=then)


class _Context:
    """Lambda's context, as far as it is looked at."""

    def __init__(self, deployment: SimulatedDeployment, invocation: Invocation) -> None:
        self._scheduler = deployment.scheduler
        self._end = invocation.began + invocation.timeout

    def get_remaining_time_in_millis(self) -> float:
        return 1000 * (self._end - self._scheduler.now)


class _Secrets:
    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": SECRET}


def _timeout(kind: str) -> float:
    name = {"delivery": "delivery", "maintenance": "maintenance"}.get(kind, "realtime")
    return float(functions()[name].get("Timeout", 15))


def _event(route: str, connection_id: str) -> dict[str, Any]:
    return {"requestContext": {"routeKey": route, "connectionId": connection_id}}
