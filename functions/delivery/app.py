"""Brings what was published to the members of channels."""

from functools import partial
from typing import Any

from gatehouse.backend.root import production
from gatehouse.flows.realtime.deliver import handle_wakes, retry_soon
from gatehouse.queues import Failures, serve_groups


def handler(event: dict[str, Any], context: Any) -> Failures:
    """One batch of wakes; each message group is a shard of a channel."""
    backend = production()
    return serve_groups(event, partial(handle_wakes, backend), partial(retry_soon, backend))
