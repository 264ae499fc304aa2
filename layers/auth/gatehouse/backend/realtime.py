"""The parts of realtime: the stores of connections and channels, the queues and the gateway."""

from functools import cached_property
from typing import TYPE_CHECKING

from gatehouse.stores.table import Table

if TYPE_CHECKING:
    from gatehouse.backend.root import Backend
    from gatehouse.realtime.channels import Rules
    from gatehouse.realtime.delayed_checks import DelayedChecks
    from gatehouse.realtime.delivery_queue import DeliveryDeadLetters, DeliveryQueue
    from gatehouse.realtime.gateway import Gateway
    from gatehouse.stores.connections import Connections
    from gatehouse.stores.counters import Counters
    from gatehouse.stores.cursors import Cursors
    from gatehouse.stores.members import Members
    from gatehouse.stores.streams import Streams


class Realtime:
    """The realtime table with its stores, the queues and the gateway."""

    def __init__(self, backend: "Backend") -> None:
        self._settings = backend.settings
        self._dynamodb = backend.dynamodb
        self._sqs = backend.sqs
        self._connections_api = backend.connections_api
        self._own_rules = backend.own_rules
        self.for_each = backend.for_each

    @cached_property
    def table(self) -> Table:
        return Table(self._settings.require("realtime_table"), self._dynamodb)

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

        own = self._own_rules
        return RULES if own is None else own

    @cached_property
    def gateway(self) -> "Gateway":
        from gatehouse.realtime.gateway import Gateway
        from gatehouse.realtime.rate_limiter import RateLimiter

        url = self._settings.require("connections_url")
        rate = RateLimiter(self._settings.posts_per_second)
        return Gateway(lambda: self._connections_api(url), rate)

    @cached_property
    def delivery_queue(self) -> "DeliveryQueue":
        from gatehouse.realtime.delivery_queue import DeliveryQueue

        return DeliveryQueue(self._settings.require("delivery_queue_url"), self._sqs)

    @cached_property
    def delivery_dead_letters(self) -> "DeliveryDeadLetters":
        from gatehouse.realtime.delivery_queue import DeliveryDeadLetters

        return DeliveryDeadLetters(self._settings.require("delivery_dead_letters_url"), self._sqs)

    @cached_property
    def delayed_checks(self) -> "DelayedChecks":
        from gatehouse.realtime.delayed_checks import DelayedChecks

        return DelayedChecks(self._settings.require("check_queue_url"), self._sqs)
