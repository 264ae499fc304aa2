"""The parts of realtime: what is kept of sockets and channels, and the ways to reach them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gatehouse.settings import Settings
from gatehouse.stores.table import Table

if TYPE_CHECKING:
    from gatehouse.realtime.channels import Rules
    from gatehouse.realtime.concurrency import ForEach
    from gatehouse.realtime.delayed_checks import DelayedChecks
    from gatehouse.realtime.delivery_queue import DeliveryDeadLetters, DeliveryQueue
    from gatehouse.realtime.gateway import Gateway
    from gatehouse.stores.connections import Connections
    from gatehouse.stores.counters import Counters
    from gatehouse.stores.cursors import Cursors
    from gatehouse.stores.members import Members
    from gatehouse.stores.streams import Streams


@dataclass(frozen=True)
class Realtime:
    """The realtime table with its stores, the queues of delivery, and the gateway."""

    settings: Settings
    dynamodb: Callable[[], Any]
    sqs: Callable[[], Any]
    connections_api: Callable[[str], Any]
    for_each: "ForEach"
    """Does the same work for many connections at a time."""
    own_rules: "Rules | None" = None
    """Replaces the rules at the end of channels.py."""

    @cached_property
    def table(self) -> Table:
        return Table(self.settings.require("realtime_table"), self.dynamodb)

    @cached_property
    def connections(self) -> "Connections":
        from gatehouse.stores.connections import Connections

        return Connections(self.table)

    @cached_property
    def members(self) -> "Members":
        from gatehouse.stores.members import Members

        return Members(self.table)

    @cached_property
    def streams(self) -> "Streams":
        from gatehouse.stores.streams import Streams

        return Streams(self.table)

    @cached_property
    def cursors(self) -> "Cursors":
        from gatehouse.stores.cursors import Cursors

        return Cursors(self.table)

    @cached_property
    def counters(self) -> "Counters":
        from gatehouse.stores.counters import Counters

        return Counters(self.table)

    @cached_property
    def rules(self) -> "Rules":
        from gatehouse.realtime.channels import RULES

        return RULES if self.own_rules is None else self.own_rules

    @cached_property
    def gateway(self) -> "Gateway":
        from gatehouse.realtime.gateway import Gateway
        from gatehouse.realtime.rate_limiter import RateLimiter

        url = self.settings.require("connections_url")
        rate = RateLimiter(self.settings.posts_per_second)
        return Gateway(lambda: self.connections_api(url), rate)

    @cached_property
    def delivery_queue(self) -> "DeliveryQueue":
        from gatehouse.realtime.delivery_queue import DeliveryQueue

        return DeliveryQueue(self.settings.require("delivery_queue_url"), self.sqs)

    @cached_property
    def delivery_dead_letters(self) -> "DeliveryDeadLetters":
        from gatehouse.realtime.delivery_queue import DeliveryDeadLetters

        return DeliveryDeadLetters(self.settings.require("delivery_dead_letters_url"), self.sqs)

    @cached_property
    def delayed_checks(self) -> "DelayedChecks":
        from gatehouse.realtime.delayed_checks import DelayedChecks

        return DelayedChecks(self.settings.require("check_queue_url"), self.sqs)
