"""The way to a connection: the @connections commands of the WebSocket API."""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gatehouse import aws
from gatehouse.errors import Disconnected, Unavailable
from gatehouse.realtime import pushes
from gatehouse.realtime.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from gatehouse.aws_clients import Connections

log = logging.getLogger(__name__)


class Gateway:
    """Sends to connections and closes them, within a rate."""

    def __init__(self, client: "Callable[[], Connections]", rate: RateLimiter) -> None:
        self._client = client
        self._rate = rate

    def send(self, connection_id: str, *lines: str) -> None:
        """Sends lines in their order, in as few text frames as possible.

        Raises:
            ConnectionGone: the connection is closed.
            Unavailable: not all of them could be sent.
        """
        self.send_frames(connection_id, pushes.pack(lines))

    def send_frames(self, connection_id: str, frames: Iterable[str]) -> None:
        """Does the same with lines that were packed before."""
        for frame in frames:
            if not frame:
                # The official JavaScript client dies of an empty frame.
                raise ValueError("an empty frame")
            data = frame.encode()
            self._rate.acquire()
            aws.call(self._client().post_to_connection, ConnectionId=connection_id, Data=data)

    def disconnect(self, connection_id: str, reason: Disconnected) -> None:
        """Sends the client the reason, if it can be reached, then closes. The WebSocket API cannot
        send a close code of ours.

        Raises:
            Unavailable: the connection may still be open.
        """
        try:
            self.send(connection_id, pushes.disconnect(reason))
        except aws.ConnectionGone:
            return
        except Unavailable:
            place = {"connection_id": connection_id}
            log.warning("closes without a reason", extra=place, exc_info=True)
        self._rate.acquire()
        try:
            aws.call(self._client().delete_connection, ConnectionId=connection_id)
        except aws.ConnectionGone:
            return
