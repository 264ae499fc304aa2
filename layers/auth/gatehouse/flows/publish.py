"""Publish to a channel."""

from dataclasses import dataclass

from gatehouse.aws import ConnectionGone
from gatehouse.backend import Backend
from gatehouse.errors import PermissionDenied
from gatehouse.flows.close_connection import close_connection
from gatehouse.realtime import channels, crowd, pushes
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True)
class Publish:
    """The parameters of ``publish``."""

    channel: str
    data: object
    """Any JSON."""


def publish(backend: Backend, connection: Connection, request: Publish) -> None:
    """Sends a message to everybody in a channel; the publisher need not be in it.

    Raises:
        UnknownChannel, PermissionDenied: the rules of channels say so.
    """
    rule = channels.rule_for(request.channel)
    if not rule.may_publish(request.channel, connection.user_id):
        raise PermissionDenied
    text = pushes.publication(
        request.channel, request.data, user_id=connection.user_id, client=connection.client
    )
    members = backend.members.of(request.channel, backend.clock.now())
    crowd.each(
        lambda connection_id: _deliver(backend, request.channel, connection_id, text),
        (member.connection_id for member in members),
    )


def _deliver(backend: Backend, channel: str, connection_id: str, text: str) -> None:
    try:
        backend.gateway.send(connection_id, text)
    except ConnectionGone:
        close_connection(backend, connection_id)
        # Also where no connection remembers it.
        backend.members.remove(channel, connection_id)
