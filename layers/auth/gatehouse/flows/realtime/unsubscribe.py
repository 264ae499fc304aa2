"""Unsubscribe from a channel."""

from dataclasses import dataclass

from gatehouse.backend import Backend
from gatehouse.flows.realtime.broadcast import tell_of_leaving
from gatehouse.flows.realtime.join import drain
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The parameters of ``unsubscribe``."""

    channel: str


def unsubscribe(backend: Backend, connection: Connection, request: Unsubscribe) -> None:
    """Takes the connection out of a channel; nothing of it comes after the answer.

    Not being in it is no error: official clients connect anew after any error here.

    Raises:
        ServerError: a pump that saw the member is not done.
    """
    if not backend.rules.know(request.channel):
        return
    rule = backend.rules.of(request.channel)
    shard = rule.shard_of(connection.id)
    member = backend.members.remove(request.channel, shard, connection.id)
    if member is None:
        return
    if not rule.ephemeral:
        drain(backend, request.channel, shard)
    if rule.join_leave and not member.pending:
        tell_of_leaving(backend, rule, member)
