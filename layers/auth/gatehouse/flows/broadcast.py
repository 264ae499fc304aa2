"""Send straight to everybody in a channel: what is not kept, and who comes and goes."""

from gatehouse.aws import ConnectionGone
from gatehouse.backend import Backend
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import Rule
from gatehouse.stores.members import Member


def broadcast(backend: Backend, rule: Rule, channel: str, line: str) -> None:
    """Sends a line to every member that is there now. Whoever it does not reach misses it."""

    def send(member: Member) -> None:
        try:
            backend.gateway.send(member.connection_id, line)
        except ConnectionGone:
            # Its end is told by the gateway, or found by the caretaker.
            return

    backend.crowd(send, backend.members.present(channel, rule.shards, backend.clock.now()))


def tell_of_joining(backend: Backend, rule: Rule, member: Member) -> None:
    broadcast(backend, rule, member.channel, pushes.join(member.channel, info_of(member)))


def tell_of_leaving(backend: Backend, rule: Rule, member: Member) -> None:
    broadcast(backend, rule, member.channel, pushes.leave(member.channel, info_of(member)))


def info_of(member: Member) -> dict[str, object]:
    """What others are told of a member."""
    return pushes.info(member.user_id, member.client, member.conn_info, member.chan_info)
