"""The root of a process: its settings, clock and AWS clients, and the roots built from them.

Tests pass other parts to the constructor, such as a stopped clock or clients that fail.
"""

import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from gatehouse import aws
from gatehouse import siteverify as providers
from gatehouse.clock import Clock, SystemClock
from gatehouse.realtime import concurrency
from gatehouse.settings import Settings
from gatehouse.stores.secrets import Secrets

if TYPE_CHECKING:
    from gatehouse.backend.accounts import Accounts
    from gatehouse.backend.keys import Keys
    from gatehouse.backend.realtime import Realtime
    from gatehouse.realtime.channels import Rules
    from gatehouse.realtime.concurrency import ForEach

GC_THRESHOLD = 50_000
"""New objects between two runs of the garbage collector. Python's default is 700, or 2,000 since
3.13."""


@dataclass(frozen=True)
class Backend:
    """Everything that the flows of one deployment use."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    secrets: Secrets = field(default_factory=Secrets)
    dynamodb: Callable[[], Any] = aws.dynamodb
    sqs: Callable[[], Any] = aws.sqs
    ses: Callable[[], Any] = aws.ses
    connections_api: Callable[[str], Any] = aws.connections
    siteverify: Callable[[str, Mapping[str, str]], Any] = providers.siteverify
    """Asks a provider of challenges about a client's token."""
    for_each: "ForEach" = concurrency.for_each
    """Runs the same work for many connections concurrently."""
    own_rules: "Rules | None" = None
    """Replaces the rules at the end of channels.py."""

    # Each root is imported on first use, because imports make up most of a cold start.

    @cached_property
    def keys(self) -> "Keys":
        from gatehouse.backend.keys import Keys

        return Keys(self)

    @cached_property
    def accounts(self) -> "Accounts":
        from gatehouse.backend.accounts import Accounts

        return Accounts(self)

    @cached_property
    def realtime(self) -> "Realtime":
        from gatehouse.backend.realtime import Realtime

        return Realtime(self)


@cache
def production(public_url: str = "") -> Backend:
    """Returns the backend of this process, built from its environment.

    Args:
        public_url: the API's own address, used if none is configured. A process that is reached
            at several addresses has one backend for each.
    """
    # Objects created at start stay alive. Scanning them for garbage would take a tenth of the time
    # until the first response. Reference cycles are rare here, so rare collections suffice.
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    settings = Settings.from_environment(os.environ)
    return Backend(settings if settings.public_url else replace(settings, public_url=public_url))
