"""Looks after connections, and finishes interrupted work.

Every minute it pings a part of the sockets, clears dead connections, and finishes interrupted
deliveries, emails, ends of sessions and account removals. In between, it checks each connection
whose delayed check is due.
"""

from functools import partial
from typing import Any

from gatehouse.backend.root import Backend, production
from gatehouse.flows.accounts.finish_sweeps import finish_sweeps
from gatehouse.flows.accounts.hand_over_mails import hand_over_mails
from gatehouse.flows.lifecycle.finish_removals import finish_removals
from gatehouse.flows.realtime.check_connection import check_connections
from gatehouse.flows.realtime.ping_connections import ping_connections
from gatehouse.flows.realtime.redrive_deliveries import redrive_deliveries
from gatehouse.queues import serve_groups


def handler(event: dict[str, Any], context: Any) -> Any:
    """Serves a batch of delayed checks, or one tick of the schedule.

    Either may arrive twice or late.
    """
    backend = production()
    if "Records" in event:
        return serve_groups(event, partial(check_connections, backend))
    return _tick(backend)


def _tick(backend: Backend) -> None:
    ping_connections(backend, backend.clock.now() // 60)
    redrive_deliveries(backend)
    hand_over_mails(backend)
    finish_sweeps(backend)
    finish_removals(backend)
