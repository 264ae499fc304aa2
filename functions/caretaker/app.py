"""Every minute: pings a part of the sockets, clears the dead, finishes what was interrupted."""

from typing import Any

from gatehouse.backend import production
from gatehouse.flows.finish_removals import finish_removals
from gatehouse.flows.hand_over_mails import hand_over_mails
from gatehouse.flows.ping_connections import ping_connections


def handler(event: dict[str, Any], context: Any) -> None:
    """One tick of the schedule. Coming twice or late does no harm; a failed one is tried again."""
    backend = production()
    ping_connections(backend, backend.clock.now() // 60)
    hand_over_mails(backend)
    finish_removals(backend)
