"""Unsubscribe from a channel."""

from dataclasses import dataclass

from gatehouse.backend import Backend
from gatehouse.errors import UnknownChannel
from gatehouse.realtime import channels
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The parameters of ``unsubscribe``."""

    channel: str


def unsubscribe(backend: Backend, connection: Connection, request: Unsubscribe) -> None:
    """Takes the connection out of a channel. Not being in it is no error: official clients connect
    anew after any error here."""
    try:
        channels.rule_for(request.channel)
    except UnknownChannel:
        return
    # In this order nothing is forgotten: a member is always in its connection's list.
    backend.members.remove(request.channel, connection.id)
    backend.connections.leave(connection.id, request.channel)
