"""The delivery queue: wakes the delivery function for the channels with something to deliver.

One message group for each shard of a channel, in a FIFO queue: a group has one consumer at a time.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gatehouse import aws

if TYPE_CHECKING:
    from gatehouse.aws_clients import SQS

BATCH = 10
"""Messages that SQS takes at once."""


@dataclass(frozen=True, slots=True)
class Wake:
    """There are publications up to ``offset`` for the members of one shard."""

    channel: str
    shard: int
    epoch: str
    offset: int

    @classmethod
    def from_body(cls, body: str) -> "Wake":
        return cls(**json.loads(body))


class DeliveryQueue:
    """The FIFO queue between publishers and deliveries."""

    def __init__(self, queue_url: str, client: "Callable[[], SQS]" = aws.sqs) -> None:
        self._url = queue_url
        self._client = client

    def wake(self, channel: str, group: str, *, shards: int, epoch: str, offset: int) -> None:
        """Sends a wake for each shard. Doing it twice within five minutes is doing it once.

        Args:
            group: stands for the channel in the names of message groups, which are short and plain.

        Raises:
            Unavailable: not all of them were sent.
        """
        wakes = [Wake(channel, shard, epoch, offset) for shard in range(shards)]
        self._send((each, group, f"{each.shard}-{epoch}-{offset}") for each in wakes)

    def wake_again(self, wake: Wake, group: str) -> None:
        """Sends a wake that was given up, under a name that was never used.

        Raises:
            Unavailable: it was not sent.
        """
        self._send([(wake, group, secrets.token_hex(16))])

    def postpone(self, handle: str, seconds: int) -> None:
        """Lets a wake that was received come again after some seconds.

        Raises:
            Unavailable: it comes when the queue's own time is over.
        """
        aws.call(
            self._client().change_message_visibility,
            QueueUrl=self._url,
            ReceiptHandle=handle,
            VisibilityTimeout=seconds,
        )

    def _send(self, wakes: Iterable[tuple[Wake, str, str]]) -> None:
        entries: list[Any] = [
            {
                "Id": str(wake.shard),
                "MessageBody": json.dumps(asdict(wake)),
                "MessageGroupId": f"{group}-{wake.shard}",
                # Not the body: equal ones would vanish for five minutes.
                "MessageDeduplicationId": f"{group}-{name}",
            }
            for wake, group, name in wakes
        ]
        for start in range(0, len(entries), BATCH):
            aws.send_batch(self._client(), self._url, entries[start : start + BATCH])


class DeliveryDeadLetters:
    """The wakes that were tried too often."""

    def __init__(self, queue_url: str, client: "Callable[[], SQS]" = aws.sqs) -> None:
        self._url = queue_url
        self._client = client

    def each(self) -> Iterator[tuple[Wake, Callable[[], object]]]:
        """Yields each wake with the function that takes it out of the queue, until there is none.

        Raises:
            Unavailable: the queue does not answer.
        """
        queue = self._client()
        while True:
            answer = aws.call(queue.receive_message, QueueUrl=self._url, MaxNumberOfMessages=BATCH)
            messages = answer.get("Messages", [])
            if not messages:
                return
            for message in messages:
                handle = message["ReceiptHandle"]
                forget = partial(
                    aws.call, queue.delete_message, QueueUrl=self._url, ReceiptHandle=handle
                )
                yield Wake.from_body(message["Body"]), forget
