"""The outbox: mails are stored with the change that causes them, then sent to the queue.

``Outbox.adding`` stores a mail in the transaction that causes it. ``Outbox.hand_over`` sends it to
the queue afterwards. If the process dies in between, maintenance finds the mail and sends it to the
queue. The mailer sends each key once, so queuing a mail twice is harmless.
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
"""Seconds that a mail may wait before maintenance considers it forgotten."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The waiting mails, and the queue that they are sent to."""

    mails: "Mails"
    queue_url: str
    clock: Clock
    sqs: "Callable[[], SQS]" = aws.sqs

    def adding(self, message: Message) -> "Write":
        """Returns the write that stores a mail, for the transaction that causes it."""
        return self.mails.adding(
            message.key, strict_json.dumps(message.to_json()), self.clock.now()
        )

    def hand_over(self, message: Message) -> None:
        """Sends a waiting mail to the queue. If that fails, the mail waits for maintenance."""
        try:
            self._queue(message.key, strict_json.dumps(message.to_json()))
        except Unavailable:
            return

    def hand_over_forgotten(self) -> int:
        """Queues the mails that have waited ``PATIENCE`` or longer. Returns how many there were."""
        overdue = list(self.mails.overdue(self.clock.now() - PATIENCE))
        for key, body in overdue:
            self._queue(key, body)
        return len(overdue)

    def _queue(self, key: str, body: str) -> None:
        aws.call(self.sqs().send_message, QueueUrl=self.queue_url, MessageBody=body)
        self.mails.queued(key)
