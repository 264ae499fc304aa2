"""The gateway to connections: the @connections commands of the WebSocket API."""

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
    """Sends to connections and closes them, at a limited rate."""

    def __init__(self, client: "Callable[[], Connections]", rate: RateLimiter) -> None:
        self._client = client
        self._rate = rate

    def send(self, connection_id: str, *lines: str) -> None:
        """Sends lines in order, in as few text frames as possible.

        Raises:
            ConnectionGone: the connection is closed.
            Unavailable: some of the lines may not have been sent.
        """
        self.send_frames(connection_id, pushes.pack(lines))

    def send_frames(self, connection_id: str, frames: Iterable[str]) -> None:
        """Sends lines that are already packed into frames. Raises: as ``send``"""
        for frame in frames:
            if not frame:
                # An empty frame crashes the official JavaScript client.
                raise ValueError("an empty frame")
            data = frame.encode()
            self._rate.acquire()
            aws.call(self._client().post_to_connection, ConnectionId=connection_id, Data=data)

    def disconnect(self, connection_id: str, reason: Disconnected) -> None:
        """Sends the reason to the client if it can be reached, then closes the connection.

        The reason is sent as a push, since the WebSocket API cannot send a custom close code.

        Raises:
            Unavailable: the connection may still be open.
        """
        try:
            self.send(connection_id, pushes.disconnect(reason))
        except aws.ConnectionGone:
            return
        except Unavailable:
            place = {"connection_id": connection_id}
            log.warning("closing without sending the reason", extra=place, exc_info=True)
        self._rate.acquire()
        try:
            aws.call(self._client().delete_connection, ConnectionId=connection_id)
        except aws.ConnectionGone:
            return
