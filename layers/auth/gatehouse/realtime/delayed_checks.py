"""Delayed checks of connections, for conditions that no event of the gateway reports.

A message in a standard queue arrives after its delay. A schedule is less precise: its unit is the
minute.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gatehouse import aws

if TYPE_CHECKING:
    from gatehouse.aws_clients import SQS

MAX_DELAY = 900
"""Seconds of the longest delay that SQS offers."""

TIME_TO_CONNECT = 15
"""Seconds after the handshake within which a client must send a successful ``connect``."""

TIME_TO_JOIN = 15
"""Seconds within which a join that a delivery found pending must complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayedCheck:
    """One check of a connection."""

    connection_id: str
    first: bool = False
    """Whether this is the check ``TIME_TO_CONNECT`` after the handshake."""
    channel: str = ""
    """The channel of a join that must be complete when the check runs. Empty if there is none."""
    token: str = ""
    """The member token of that join."""

    @classmethod
    def from_body(cls, body: str) -> "DelayedCheck":
        return cls(**json.loads(body))


class DelayedChecks:
    """The queue of delayed checks."""

    def __init__(self, queue_url: str, client: "Callable[[], SQS]" = aws.sqs) -> None:
        self._url = queue_url
        self._client = client

    def schedule(self, check: DelayedCheck, delay: int) -> None:
        """Schedules the check in ``delay`` seconds, at most ``MAX_DELAY``.

        Raises:
            Unavailable: the check may not be scheduled.
        """
        aws.call(
            self._client().send_message,
            QueueUrl=self._url,
            MessageBody=json.dumps(asdict(check)),
            DelaySeconds=max(0, min(delay, MAX_DELAY)),
        )
