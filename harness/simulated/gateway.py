"""API Gateway's WebSocket side in virtual time: sockets, their frames, and @connections."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from botocore.exceptions import ClientError, ReadTimeoutError

from harness.simulated.scheduler import Invocation, Scheduler

ATTEMPTS = 3
"""Of one post, as botocore makes them."""


class Peer(Protocol):
    """The client's end of a socket."""

    connection_id: str | None
    """The socket that it uses."""

    def receive(self, connection_id: str, text: str, *, excused: bool) -> None:
        """A frame; ``excused`` where it may repeat what came before."""

    def closed(self, connection_id: str) -> None: ...


@dataclass
class Socket:
    """One connection as the gateway sees it."""

    peer: Peer
    open: bool = True
    last: float = 0.0
    """When the latest frame arrives at the client: frames stay in their order."""


@dataclass
class PostFaults:
    """Chances of one attempt of a post."""

    fail: float = 0.0
    """It is refused."""
    lose: float = 0.0
    """It arrives, and its answer does not."""
    until: float = 0.0


class SimulatedGateway:
    """The sockets; and the client of @connections, as ``Backend.connections_api`` gives it."""

    def __init__(
        self,
        scheduler: Scheduler,
        faults: PostFaults,
        disconnected: Callable[[str], object],
        excuses: Callable[[Invocation | None], bool],
        disconnect_chance: float = 0.8,
    ) -> None:
        """Args:
        disconnected: the function of ``$disconnect``.
        excuses: whether a post by this invocation may be a repetition.
        disconnect_chance: chance that ``$disconnect`` comes.
        """
        self.sockets: dict[str, Socket] = {}
        self.kills = 0
        """Sockets that the server closed while their clients used them."""
        self._scheduler = scheduler
        self._faults = faults
        self._disconnected = disconnected
        self._excuses = excuses
        self._disconnect_chance = disconnect_chance

    def open(self, connection_id: str, peer: Peer) -> None:
        self.sockets[connection_id] = Socket(peer)

    def drop(self, connection_id: str) -> None:
        """The socket is gone, and the gateway learns of it."""
        socket, scheduler = self.sockets[connection_id], self._scheduler
        if socket.open:
            socket.open = False
            scheduler.after(scheduler.latency(), lambda: socket.peer.closed(connection_id))
            if scheduler.random.random() < self._disconnect_chance:
                self._disconnected(connection_id)

    # @connections.

    def post_to_connection(self, **request: Any) -> dict[str, Any]:
        connection_id, text = request["ConnectionId"], request["Data"].decode()
        chance = self._scheduler.random.random
        repeats = False
        for attempt in range(1, ATTEMPTS + 1):
            in_danger = self._scheduler.now < self._faults.until
            if in_danger and chance() < self._faults.fail:
                self._scheduler.call(lambda: None)
                continue
            self._scheduler.call(partial(self._post, connection_id, text, repeats))
            if not in_danger or chance() >= self._faults.lose:
                return {}
            repeats = True
            if attempt == ATTEMPTS:
                raise ReadTimeoutError(endpoint_url="https://socket.example")
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "PostToConnection")

    def delete_connection(self, **request: Any) -> dict[str, Any]:
        return self._scheduler.call(lambda: self._delete(request["ConnectionId"]))

    def _post(self, connection_id: str, text: str, repeats: bool) -> None:
        socket, scheduler = self._find(connection_id, "PostToConnection"), self._scheduler
        invocation = scheduler.invocation
        repeats = repeats or bool(invocation and "repeated" in invocation.notes)
        excused = repeats or self._excuses(invocation)
        socket.last = max(socket.last + 1e-6, scheduler.now + scheduler.latency())
        scheduler.after(
            socket.last - scheduler.now,
            lambda: socket.peer.receive(connection_id, text, excused=excused),
        )

    def _delete(self, connection_id: str) -> dict[str, Any]:
        socket = self._find(connection_id, "DeleteConnection")
        self.kills += socket.peer.connection_id == connection_id
        self.drop(connection_id)
        return {}

    def _find(self, connection_id: str, operation: str) -> Socket:
        socket = self.sockets.get(connection_id)
        if socket is None or not socket.open:
            raise ClientError({"Error": {"Code": "GoneException"}}, operation)
        return socket
