"""Brings what was published to the members of channels."""

from functools import partial
from typing import Any

from gatehouse.backend import production
from gatehouse.flows.realtime.deliver import answer_bells, ring_soon
from gatehouse.queues import Failures, serve_groups


def handler(event: dict[str, Any], context: Any) -> Failures:
    """One batch of bells; each message group is a shard of a channel."""
    backend = production()
    return serve_groups(event, partial(answer_bells, backend), partial(ring_soon, backend))
