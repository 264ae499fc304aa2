"""Delayed checks of connections, for what no event of the gateway reports.

A message of a standard queue comes back after its delay. A schedule could not be as precise: its
unit is the minute.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gatehouse import aws

if TYPE_CHECKING:
    from gatehouse.aws_clients import SQS

MAX_DELAY = 900
"""Seconds that SQS can hold a message back."""

TIME_TO_CONNECT = 15
"""Seconds after the handshake in which a client has to prove who it is."""

TIME_TO_JOIN = 15
"""Seconds after which a join that a delivery met half-done has to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayedCheck:
    """One check of a connection."""

    connection_id: str
    first: bool = False
    """The check that comes ``TIME_TO_CONNECT`` after the handshake."""
    channel: str = ""
    """The channel of a join that has to be done by then, and its token."""
    token: str = ""

    @classmethod
    def from_body(cls, body: str) -> "DelayedCheck":
        return cls(**json.loads(body))


class DelayedChecks:
    """The queue of delayed checks."""

    def __init__(self, queue_url: str, client: "Callable[[], SQS]" = aws.sqs) -> None:
        self._url = queue_url
        self._client = client

    def schedule(self, check: DelayedCheck, delay: int) -> None:
        """Lets the check come back after ``delay`` seconds, ``MAX_DELAY`` at most.

        Raises:
            Unavailable: the check is not scheduled.
        """
        aws.call(
            self._client().send_message,
            QueueUrl=self._url,
            MessageBody=json.dumps(asdict(check)),
            DelaySeconds=max(0, min(delay, MAX_DELAY)),
        )
