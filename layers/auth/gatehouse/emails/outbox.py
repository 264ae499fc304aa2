"""The way out for mails: kept with the change that causes them, then handed to the queue.

A mail is written in the transaction that gives its reason (``Outbox.adding``), and handed to the
queue after it (``Outbox.hand_over``). Should the process die in between, maintenance finds it
and hands it over. The mailer sends a key once, so handing over twice does no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatehouse import aws, strict_json
from gatehouse.clock import Clock
from gatehouse.emails.messages import Message
from gatehouse.errors import Unavailable

if TYPE_CHECKING:
    from gatehouse.aws_clients import SQS
    from gatehouse.stores.mails import Mails
    from gatehouse.stores.table import Write

PATIENCE = 60
"""Seconds that a mail may wait before maintenance takes it for forgotten."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The mails that wait, and the queue that they wait for."""

    mails: "Mails"
    queue_url: str
    clock: Clock
    sqs: "Callable[[], SQS]" = aws.sqs

    def adding(self, message: Message) -> "Write":
        """The write that belongs into the transaction of the change which causes the mail."""
        return self.mails.adding(
            message.key, strict_json.dumps(message.to_json()), self.clock.now()
        )

    def hand_over(self, message: Message) -> None:
        """Hands a waiting mail to the queue; if that fails, it waits on for maintenance."""
        try:
            self._queue(message.key, strict_json.dumps(message.to_json()))
        except Unavailable:
            return

    def hand_over_forgotten(self) -> int:
        """Hands over what has waited for longer than ``PATIENCE``; how many there were."""
        overdue = list(self.mails.overdue(self.clock.now() - PATIENCE))
        for key, body in overdue:
            self._queue(key, body)
        return len(overdue)

    def _queue(self, key: str, body: str) -> None:
        aws.call(self.sqs().send_message, QueueUrl=self.queue_url, MessageBody=body)
        self.mails.queued(key)
