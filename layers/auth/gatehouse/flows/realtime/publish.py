"""The ``publish`` command: publishes a message to a channel."""

from dataclasses import dataclass

from gatehouse import strict_json
from gatehouse.backend.root import Backend
from gatehouse.errors import PermissionDenied
from gatehouse.flows.realtime.broadcast import broadcast
from gatehouse.realtime import pushes
from gatehouse.stores import item_keys
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True)
class Publish:
    """The parameters of ``publish``."""

    channel: str
    data: object
    """The message, any JSON."""


def publish(backend: Backend, connection: Connection, request: Publish) -> None:
    """Publishes a message to all subscribers of a channel. The publisher need not be one.

    The reply means that the message is in the channel's log and its delivery is queued, so no
    subscriber can miss it. In an ephemeral channel the message is sent once to the members that are
    present, and may be lost.

    Raises:
        UnknownChannel: no rule covers the channel.
        PermissionDenied: the channel rule does not let the user publish.
        Unavailable: the message may or may not have been published.
    """
    rule = backend.realtime.rules.of(request.channel)
    if not rule.may_publish(request.channel, connection.user_id):
        raise PermissionDenied
    info = pushes.info(connection.user_id, connection.client, connection.info)
    pub = strict_json.dumps({"data": request.data, "info": info})
    if rule.ephemeral:
        broadcast(backend, rule, request.channel, pushes.publication(request.channel, pub))
        return
    now = backend.clock.now()
    position = backend.realtime.streams.append(
        request.channel, pub, now=now, life=rule.history_life
    )
    backend.realtime.delivery_queue.wake(
        request.channel,
        item_keys.channel_hash(request.channel),
        shards=rule.shards,
        epoch=position.epoch,
        offset=position.offset,
    )
