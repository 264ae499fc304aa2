"""The ``unsubscribe`` command: ends a subscription to a channel."""

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
    """Ends the subscription to a channel. No logged publication arrives after the reply.

    An ephemeral publication or a presence event that is being sent may still arrive. A channel that
    the connection is not in is no error: official clients reconnect after any error here.

    Raises:
        ServerError: a delivery that read the member did not finish in time.
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
