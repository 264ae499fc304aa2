"""Delayed looks at connections: what no event of the gateway will tell.

A message of a standard queue comes back after its delay. A schedule could not be as precise: its
unit is the minute.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gatehouse import aws

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST = 900
"""Seconds that SQS can hold a message back."""

TIME_TO_CONNECT = 15
"""Seconds in which somebody has to prove who they are."""

TIME_TO_JOIN = 15
"""Seconds after which a join that a pump met half-done has to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One look at a connection."""

    connection_id: str
    first: bool = False
    """It comes ``TIME_TO_CONNECT`` after the handshake."""
    channel: str = ""
    """The channel of a join that has to be done by then, and its token."""
    token: str = ""

    @classmethod
    def from_body(cls, body: str) -> "Check":
        return cls(**json.loads(body))


class Checks:
    """The queue of delayed looks."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]" = aws.sqs) -> None:
        self._url = queue_url
        self._client = client

    def later(self, check: Check, delay: int) -> None:
        """Looks after ``delay`` seconds, or as late as the queue can.

        Raises:
            Unavailable: nobody will look.
        """
        aws.call(
            self._client().send_message,
            QueueUrl=self._url,
            MessageBody=json.dumps(asdict(check)),
            DelaySeconds=max(0, min(delay, LONGEST)),
        )
