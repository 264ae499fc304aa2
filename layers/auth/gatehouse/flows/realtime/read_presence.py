"""The ``presence`` and ``presence_stats`` commands: list and count the clients in a channel."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.errors import PermissionDenied
from gatehouse.flows.realtime.broadcast import info_of
from gatehouse.stores.connections import Connection
from gatehouse.stores.members import Member


@dataclass(frozen=True, slots=True)
class ReadPresence:
    """The parameters of ``presence`` and ``presence_stats``."""

    channel: str


@dataclass(frozen=True, slots=True)
class Presence:
    """PresenceResult of the Centrifuge client protocol."""

    presence: dict[str, dict[str, object]]
    """ClientInfo of each client in the channel, by client ID."""


@dataclass(frozen=True, slots=True)
class PresenceStats:
    """PresenceStatsResult of the Centrifuge client protocol."""

    num_clients: int
    """Connections in the channel."""
    num_users: int
    """Different users among them."""


def read_presence(backend: Backend, connection: Connection, request: ReadPresence) -> Presence:
    """Returns the clients that are in a channel and their users.

    Raises:
        UnknownChannel: no rule covers the channel.
        PermissionDenied: the channel rule does not let the user see the presence.
    """
    members = _members(backend, connection, request.channel)
    return Presence({each.client: info_of(each) for each in members})


def count_presence(
    backend: Backend, connection: Connection, request: ReadPresence
) -> PresenceStats:
    """Returns how many clients and how many users are in a channel.

    Raises:
        UnknownChannel: no rule covers the channel.
        PermissionDenied: the channel rule does not let the user see the presence.
    """
    members = _members(backend, connection, request.channel)
    return PresenceStats(len(members), len({each.user_id for each in members}))


def _members(backend: Backend, connection: Connection, channel: str) -> list[Member]:
    rule = backend.realtime.rules.of(channel)
    if not rule.may_see_presence(channel, connection.user_id):
        raise PermissionDenied
    return backend.realtime.members.present(channel, rule.shards, backend.clock.now())
