"""Sockets without a network: a recording @connections API, socket events and clients."""

import importlib.util
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from gatehouse.backend.root import Backend
from gatehouse.flows.realtime.check_connection import check_connection
from gatehouse.realtime.delayed_checks import DelayedCheck
from gatehouse.realtime.delivery_queue import Wake
from gatehouse.stores.users import User
from gatehouse.websocket.socket import Socket
from harness.functions import load_app
from harness.moto_backend import REGION, MotoBackend
from harness.queues import deliver
from harness.tables import items

ROOT = Path(__file__).parents[1]
OK = {"statusCode": 200}


class RecordingApi:
    """Behaves like the client of the @connections API and records its calls."""

    def __init__(self) -> None:
        self.frames: list[tuple[str, str]] = []
        self.closed: list[str] = []
        self.gone: set[str] = set()
        self.failing: set[str] = set()
        self.deaf: set[str] = set()
        """Connections that can be closed but not sent to."""

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> dict[str, Any]:  # noqa: N803
        self._find(ConnectionId, "PostToConnection")
        if ConnectionId in self.deaf:
            raise _refused("PostToConnection")
        self.frames.append((ConnectionId, Data.decode()))
        return {}

    def delete_connection(self, *, ConnectionId: str) -> dict[str, Any]:  # noqa: N803
        self._find(ConnectionId, "DeleteConnection")
        self.closed.append(ConnectionId)
        self.gone.add(ConnectionId)
        return {}

    def sent(self, connection_id: str) -> list[Any]:
        """Returns the objects that a connection received, in order."""
        frames = (text for to, text in self.frames if to == connection_id)
        return [json.loads(line) for text in frames for line in text.split("\n")]

    def _find(self, connection_id: str, operation: str) -> None:
        if connection_id in self.gone:
            raise ClientError({"Error": {"Code": "GoneException", "Message": ""}}, operation)
        if connection_id in self.failing:
            raise _refused(operation)


def _refused(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "LimitExceededException"}}, operation)


@dataclass
class Client:
    """One open connection."""

    id: str
    sockets: "SocketHarness"
    user_id: str = ""
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def connect(self, user: User | None = None, token: str | None = None) -> dict[str, Any]:
        """Connects with a token of the user, or with `token`. Returns the reply."""
        if token is None:
            user = user or self.sockets.moto.user()
            self.user_id = user.id
            token = self.sockets.moto.access_token(user)
        return self.ask("connect", token=token)

    def tell(self, *commands: tuple[str, Any]) -> list[Any]:
        """Sends commands with parameters in one frame. Returns what the connection got since."""
        lines = (json.dumps({"id": next(self._ids), method: params}) for method, params in commands)
        return self.send("\n".join(lines))

    def ask(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Sends one command. Returns its reply."""
        answers = self.tell((method, params))
        (reply,) = [answer for answer in answers if "id" in answer]
        return dict(reply)

    def result(self, method: str, /, **params: Any) -> Any:
        """Sends one command. Returns the result in its reply."""
        return self.ask(method, **params)[method]

    def error(self, method: str, /, **params: Any) -> int:
        """Sends one command. Returns the code of the error in its reply."""
        code: int = self.ask(method, **params)["error"]["code"]
        return code

    def send(self, text: str, context: Any = None) -> list[Any]:
        """Sends a frame unchanged. Returns what the connection got since."""
        before = len(self.received)
        assert self.sockets.socket(frame_event(self.id, text), context) == OK
        self.sockets.deliver()
        return self.received[before:]

    def leave(self) -> None:
        """Closes the connection from the client's side."""
        self.sockets.api.gone.add(self.id)
        assert self.sockets.socket(disconnect_event(self.id), None) == OK
        self.sockets.deliver()

    @property
    def received(self) -> list[Any]:
        return self.sockets.api.sent(self.id)

    @property
    def replies(self) -> list[Any]:
        """The received replies to commands."""
        return [each for each in self.received if "id" in each]

    @property
    def publications(self) -> list[Any]:
        return [pub["data"] for pub in self.pushes("pub")]

    def pushes(self, kind: str) -> list[Any]:
        """Returns the contents of the received pushes of a kind."""
        pushes = [each["push"] for each in self.received if "push" in each]
        return [push[kind] for push in pushes if kind in push]

    @property
    def offsets(self) -> list[int]:
        """The offsets of the publications, in the order they arrived."""
        return [pub["offset"] for pub in self.pushes("pub")]

    @property
    def disconnects(self) -> list[int]:
        """The codes of the disconnect pushes."""
        return [push["code"] for push in self.pushes("disconnect")]

    @property
    def is_closed(self) -> bool:
        return self.id in self.sockets.api.closed


class SocketHarness:
    """The realtime function on a moto backend, with the clients that connect to it."""

    def __init__(self, moto: MotoBackend) -> None:
        self.moto = moto
        self.api = RecordingApi()
        self.delivering = True
        """Whether publications are delivered at once."""
        self.backend: Backend = replace(moto.backend, connections_api=lambda _: self.api)
        self.socket = load_socket(self.backend)
        self._delivery = load_app("delivery", self.backend)
        self._maintenance = load_app("maintenance", self.backend)
        self._count = itertools.count(1)

    def stranger(self) -> Client:
        """Returns an open connection without a user."""
        return Client(f"L0SM9c{next(self._count)}=", self)

    def client(self, user: User | None = None) -> Client:
        """Returns a connection of a user, of a new one by default."""
        client = self.stranger()
        assert "connect" in client.connect(user)
        return client

    def member(self, channel: str, user: User | None = None) -> Client:
        """Returns a connection that is subscribed to a channel, of a new user by default."""
        client = self.client(user)
        client.result("subscribe", channel=channel)
        return client

    def deliver(self) -> None:
        """Delivers all publications, unless ``delivering`` is off."""
        while self.delivering and self.deliver_once():
            pass

    def deliver_once(self) -> int:
        """Passes one batch of wakes to the delivery function. Returns how many there were."""
        return deliver(
            self.moto.sqs, self.backend.settings.delivery_queue_url, self._delivery.handler
        )

    def checks(self) -> list[tuple[DelayedCheck, int]]:
        """Takes the delayed checks out of their queue. Returns them with delays in seconds."""
        messages = self.queued("CheckQueue")
        checks = [(DelayedCheck.from_body(each.body), _delay(each)) for each in messages]
        messages.clear()
        return checks

    def wakes(self) -> list[Wake]:
        """Returns the wakes that are still in the queue."""
        return [Wake.from_body(each.body) for each in self.queued("DeliveryQueue.fifo")]

    def queued(self, name: str) -> list[Any]:
        """Returns the messages of a queue, as the list that the simulated SQS stores."""
        messages: list[Any] = get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues[name]._messages
        return messages

    def run_delayed_checks(self) -> None:
        """Runs the delayed checks at once."""
        for check, _ in self.checks():
            check_connection(self.backend, check)

    @property
    def waits(self) -> list[float]:
        """The requested waits, in seconds."""
        return self.moto.clock.slept

    def stored(self) -> list[dict[str, Any]]:
        """Returns the items of connections and members in the realtime table."""
        return [
            item
            for item in items(self.moto.dynamodb, "RealtimeTable")
            if not item["pk"]["S"].startswith(("CHANNEL#", "LOG#", "LIMIT#"))
        ]


def _delay(message: Any) -> int:
    delay = round((message.delayed_until - message.sent_timestamp) / 1000)
    return max(0, int(delay))


def load_socket(backend: Backend) -> Socket:
    """Loads the socket of functions/realtime/app.py with another backend."""
    path = ROOT / "functions" / "realtime" / "app.py"
    spec = importlib.util.spec_from_file_location("realtime_app", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    socket: Socket = module.socket
    socket._backend = lambda: backend
    return socket


def event(name: str) -> dict[str, Any]:
    """Returns a sample event of the socket by its name."""
    loaded: dict[str, Any] = json.loads((ROOT / "events" / f"socket-{name}.json").read_text())
    return loaded


def frame_event(connection_id: str, text: str) -> dict[str, Any]:
    """Returns the event of a frame."""
    return _of(connection_id, event("pong")) | {"body": text}


def connect_event(**headers: str) -> dict[str, Any]:
    """Returns the event of a handshake with only these headers."""
    return event("open") | {"headers": headers}


def disconnect_event(connection_id: str) -> dict[str, Any]:
    """Returns the event of a connection that has ended."""
    return _of(connection_id, event("close"))


def _of(connection_id: str, event: dict[str, Any]) -> dict[str, Any]:
    context = event["requestContext"] | {"connectionId": connection_id}
    return event | {"requestContext": context}
