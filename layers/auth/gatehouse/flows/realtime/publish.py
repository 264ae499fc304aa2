"""Publish to a channel."""

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
    """Any JSON."""


def publish(backend: Backend, connection: Connection, request: Publish) -> None:
    """Takes a message for everybody in a channel; the publisher need not be in it.

    When this returns, the message is in the channel's log and its delivery is queued: nobody who is
    subscribed can miss it any more. In an ephemeral channel it went out to who was there.

    Raises:
        UnknownChannel, PermissionDenied: the rules of channels say so.
        Unavailable: it is not known whether it was taken.
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
