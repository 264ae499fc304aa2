"""API Gateway's WebSocket side over real sockets, with the realtime half of Gatehouse behind it.

The AWS emulator of the local stack processes the frames of a connection one after another. Here
each frame is a separate invocation, concurrent with the others and with any delay. Sockets are cut,
posts fail and functions die. Behind the gateway runs the code of the functions, on DynamoDB and SQS
in memory. Official clients connect to ``url`` as they would to AWS.
"""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from gatehouse.backend.root import Backend
from gatehouse.realtime.channels import RULES, Rules
from gatehouse.stores.secrets import Secrets
from harness.functions import load_app
from harness.moto_backend import PUBLIC_URL, START, published
from harness.simulated.dynamodb import DynamoDB
from harness.simulated.settings import settings_of
from harness.simulated.sources import Source, Threads
from harness.simulated.sqs import SQS

MAX_FRAME = 32 * 1024
MAX_POST = 128 * 1024
"""The most bytes that API Gateway carries: in a frame to us, and in a post to a client."""

TOO_BIG, NOT_TEXT = 1009, 1003
"""Close codes (RFC 6455 section 7.4.1)."""

WORKERS = 48
"""Frames that are processed at the same time."""

PATIENCE = 10.0
"""Seconds to wait for something that should be immediate."""


@dataclass(frozen=True, slots=True)
class NetworkFaults:
    """What may go wrong: probabilities per event, and one delay in seconds."""

    latency: float = 0.001
    """Mean delay before an invocation begins, in seconds."""
    straggling: float = 0.0
    """Probability that the delay is fifty times as long."""
    untold: float = 0.0
    """Probability that ``$disconnect`` is never sent."""
    failing: float = 0.0
    """Probability that an attempt to post is refused."""
    losing: float = 0.0
    """Probability that a post arrives but its answer does not: a cause of duplicates."""
    dying: float = 0.0
    """Probability that a function dies at one of its AWS calls: a cause of duplicates."""


class Died(BaseException):
    """The process of a function was killed. A BaseException, so that nothing catches it."""


@dataclass
class LoopbackGateway:
    """One deployment. It runs from ``__enter__`` to ``__exit__``."""

    network: NetworkFaults = field(default_factory=NetworkFaults)
    rules: Rules = RULES
    secret: str = "s" * 32
    seed: int = 0
    workers: int = WORKERS
    """Frames that are processed at the same time. With one, and no latency, their order is kept."""

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.dynamodb = DynamoDB()
        self.sqs = SQS(time.monotonic, DeliveryQueue=2.0)
        self.cuts = 0
        self.deaths = 0
        self.posts = 0
        self.pushed_twice = 0
        self._sockets: dict[str, ServerConnection] = {}
        self._posting: dict[str, threading.Lock] = {}
        self._dying = threading.local()
        self._host = Threads()
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="frame")
        self.backend = Backend(
            settings_of(self.sqs, public_url=PUBLIC_URL, allowed_origins=("*",)),
            secrets=Secrets(lambda: _Secrets(self.secret)),  # type: ignore[arg-type, return-value]
            dynamodb=lambda: _Mortal(self, self.dynamodb),
            sqs=lambda: _Mortal(self, self.sqs),
            connections_api=lambda _: self,
            own_rules=self.rules,
        )
        self.backend.keys.public_keys.publish(published(), previous=None, version=START)
        self.socket = load_app("realtime", self.backend).socket
        self.socket._backend = lambda: self.backend
        for queue, name in (("DeliveryQueue", "delivery"), ("CheckQueue", "maintenance")):
            handler = load_app(name, self.backend).handler
            Source(self.sqs, queue, self._mortal(handler), self._host)

    def __enter__(self) -> "LoopbackGateway":
        started: threading.Event = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), name="gateway")
        self._thread.start()
        assert started.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True)
        self._host.close()
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/connection/websocket"

    def cut(self) -> None:
        """Cuts a random socket as a failing network does, without a closing handshake."""
        ids = list(self._sockets)
        if ids:
            self.cuts += 1
            chosen = self._sockets.get(self.random.choice(ids))
            if chosen:
                self._loop.call_soon_threadsafe(chosen.transport.abort)

    # The @connections API, as its client calls it.

    def post_to_connection(self, **request: Any) -> dict[str, Any]:
        connection_id, data = request["ConnectionId"], request["Data"]
        self._live_on()
        if len(data) > MAX_POST:
            raise _refused("PayloadTooLargeException")
        if self._chance(self.network.failing):
            raise _refused("LimitExceededException")
        with self._posting.setdefault(connection_id, threading.Lock()):
            self._on_loop(self._send(connection_id, data.decode()))
        self.posts += 1
        if self._chance(self.network.losing):
            self.pushed_twice += 1
            raise ReadTimeoutError(endpoint_url="https://socket.example")
        self._live_on()
        return {}

    def delete_connection(self, **request: Any) -> dict[str, Any]:
        self._on_loop(self._close(request["ConnectionId"]))
        return {}

    async def _send(self, connection_id: str, text: str) -> None:
        try:
            await self._find(connection_id).send(text)
        except ConnectionClosed:
            raise _refused("GoneException") from None

    async def _close(self, connection_id: str) -> None:
        await self._find(connection_id).close()

    def _find(self, connection_id: str) -> ServerConnection:
        connection = self._sockets.get(connection_id)
        if connection is None or connection.state is not State.OPEN:
            raise _refused("GoneException")
        return connection

    def _on_loop(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    # Sockets and their frames.

    def _serve(self, started: threading.Event) -> None:
        asyncio.run(self._listen(started))

    async def _listen(self, started: threading.Event) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server: Server = await serve(
            self._talk, "127.0.0.1", 0, ping_interval=None, max_size=4 * MAX_FRAME
        )
        self.port: int = next(iter(server.sockets)).getsockname()[1]
        started.set()
        await self._end.wait()
        server.close()
        await server.wait_closed()

    async def _talk(self, socket: ServerConnection) -> None:
        connection_id = f"{uuid.uuid4().hex[:12]}="
        origin = socket.request.headers.get("Origin") if socket.request else None
        opening = self._event(
            "$connect", connection_id, headers={"Origin": origin} if origin else {}
        )
        answer = await self._invoke(opening)
        if answer["statusCode"] != 200:
            return
        self._sockets[connection_id] = socket
        try:
            await self._hear(socket, connection_id)
        finally:
            del self._sockets[connection_id]
            if not self._chance(self.network.untold):
                self._later(self._event("$disconnect", connection_id))

    async def _hear(self, socket: ServerConnection, connection_id: str) -> None:
        try:
            async for frame in socket:
                if not isinstance(frame, str):
                    await socket.close(NOT_TEXT)
                elif len(frame.encode()) > MAX_FRAME:
                    await socket.close(TOO_BIG)
                else:
                    self._later(self._event("$default", connection_id, body=frame), socket)
        except ConnectionClosed:
            return

    def _later(self, event: dict[str, Any], socket: ServerConnection | None = None) -> None:
        """Invokes the function concurrently with everything else."""
        task = self._loop.create_task(self._invoke(event))
        # Of a function that died, a client sees only API Gateway's error frame.
        task.add_done_callback(lambda done: self._tell(done, event, socket))

    def _tell(self, done: Any, event: dict[str, Any], socket: ServerConnection | None) -> None:
        if done.cancelled() or done.exception() is None or socket is None:
            return
        context = event["requestContext"]
        error = {"message": "Internal server error", "connectionId": context["connectionId"]}
        text = json.dumps({**error, "requestId": uuid.uuid4().hex})
        sending = self._loop.create_task(self._answer(socket, text))
        sending.add_done_callback(lambda sent: sent.cancelled() or sent.exception())

    async def _answer(self, socket: ServerConnection, text: str) -> None:
        await socket.send(text)

    async def _invoke(self, event: dict[str, Any]) -> Any:
        if self.network.latency:
            delay = self.random.expovariate(1 / self.network.latency)
            straggles = self._chance(self.network.straggling)
            await asyncio.sleep(50 * delay if straggles else delay)
        run = self._mortal(lambda payload, _: self.socket(payload, None))
        return await self._loop.run_in_executor(self._pool, run, event)

    def _event(self, route: str, connection_id: str, **more: Any) -> dict[str, Any]:
        context = {"routeKey": route, "connectionId": connection_id}
        return {"requestContext": context, **more}

    # Functions that die.

    def _mortal(self, handler: Any) -> Any:
        """Wraps a function so that it may die at one of its AWS calls."""

        def run(event: dict[str, Any]) -> Any:
            dies = self._chance(self.network.dying)
            self._dying.calls = self.random.randint(1, 12) if dies else -1
            try:
                return handler(event, None)
            except Died as death:
                self.deaths += 1
                raise RuntimeError("the function died") from death

        return run

    def _live_on(self) -> None:
        left = getattr(self._dying, "calls", -1)
        self._dying.calls = left - 1
        if left == 0:
            raise Died

    def _chance(self, chance: float) -> bool:
        return chance > 0 and self.random.random() < chance


class _Mortal:
    """An AWS client whose caller may die before or after any call."""

    def __init__(self, gateway: LoopbackGateway, client: Any) -> None:
        self._gateway = gateway
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**request: Any) -> Any:
            self._gateway._live_on()
            answer = method(**request)
            self._gateway._live_on()
            return answer

        return call


class _Secrets:
    def __init__(self, secret: str) -> None:
        self._secret = secret

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": self._secret}


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "PostToConnection")


@contextmanager
def gateway(**options: Any) -> Iterator[LoopbackGateway]:
    """Runs a gateway for the length of a block."""
    with LoopbackGateway(**options) as running:
        yield running
