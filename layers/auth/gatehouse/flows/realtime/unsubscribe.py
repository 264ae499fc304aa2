"""Unsubscribe from a channel."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.flows.realtime.broadcast import broadcast_leave
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
        ServerError: a delivery that saw the member is not done.
    """
    if not backend.realtime.rules.know(request.channel):
        return
    rule = backend.realtime.rules.of(request.channel)
    shard = rule.shard_of(connection.id)
    member = backend.realtime.members.remove(request.channel, shard, connection.id)
    if member is None:
        return
    if not rule.ephemeral:
        drain(backend, request.channel, shard)
    if rule.join_leave and not member.pending:
        broadcast_leave(backend, rule, member)
