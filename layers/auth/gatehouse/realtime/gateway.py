"""The way to a connection: the @connections commands of the WebSocket API."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gatehouse import aws
from gatehouse.errors import Disconnected
from gatehouse.realtime import pushes

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class Gateway:
    """Sends to connections and closes them."""

    def __init__(self, client: "Callable[[], ApiGatewayManagementApiClient]") -> None:
        self._client = client

    def send(self, connection_id: str, text: str) -> None:
        """Sends one text frame.

        Raises:
            ConnectionGone: nobody is there any more.
            Unavailable: it could not be sent.
        """
        if not text:
            # The official JavaScript client dies of an empty frame.
            raise ValueError("an empty frame")
        aws.call(self._client().post_to_connection, ConnectionId=connection_id, Data=text.encode())

    def disconnect(self, connection_id: str, reason: Disconnected) -> None:
        """Tells the client why, then closes. The WebSocket API cannot send a close code of ours.

        Raises:
            Unavailable: the connection may still be open.
        """
        try:
            self.send(connection_id, pushes.disconnect(reason))
            aws.call(self._client().delete_connection, ConnectionId=connection_id)
        except aws.ConnectionGone:
            return
