"""The doorbell: tells the pump of a channel that there is something to deliver.

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
    from mypy_boto3_sqs import SQSClient

BATCH = 10
"""Messages that SQS takes at once."""


@dataclass(frozen=True, slots=True)
class Bell:
    """There are publications up to ``offset`` for the members of one shard."""

    channel: str
    shard: int
    epoch: str
    offset: int

    @classmethod
    def from_body(cls, body: str) -> "Bell":
        return cls(**json.loads(body))


class Doorbell:
    """The FIFO queue between publishers and pumps."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]" = aws.sqs) -> None:
        self._url = queue_url
        self._client = client

    def ring(self, channel: str, group: str, *, shards: int, epoch: str, offset: int) -> None:
        """Rings once for each shard. Doing it twice within five minutes is doing it once.

        Args:
            group: what stands for the channel in the names of groups, which are short and plain.

        Raises:
            Unavailable: not all of them rang.
        """
        bells = [Bell(channel, shard, epoch, offset) for shard in range(shards)]
        self._send((each, group, f"{each.shard}-{epoch}-{offset}") for each in bells)

    def ring_again(self, bell: Bell, group: str) -> None:
        """Rings with a name that was never used, for a bell that was given up.

        Raises:
            Unavailable: it did not ring.
        """
        self._send([(bell, group, secrets.token_hex(16))])

    def postpone(self, handle: str, seconds: int) -> None:
        """Lets a bell that was received ring again after some seconds.

        Raises:
            Unavailable: it rings when the queue's own time is over.
        """
        aws.call(
            self._client().change_message_visibility,
            QueueUrl=self._url,
            ReceiptHandle=handle,
            VisibilityTimeout=seconds,
        )

    def _send(self, bells: Iterable[tuple[Bell, str, str]]) -> None:
        entries: list[Any] = [
            {
                "Id": str(bell.shard),
                "MessageBody": json.dumps(asdict(bell)),
                "MessageGroupId": f"{group}-{bell.shard}",
                # Not the body: equal ones would vanish for five minutes.
                "MessageDeduplicationId": f"{group}-{name}",
            }
            for bell, group, name in bells
        ]
        for start in range(0, len(entries), BATCH):
            some = entries[start : start + BATCH]
            aws.send_batch(self._client(), self._url, some)


class DeadBells:
    """The bells that were tried too often."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]" = aws.sqs) -> None:
        self._url = queue_url
        self._client = client

    def each(self) -> Iterator[tuple[Bell, Callable[[], object]]]:
        """The bells, each with what takes it out of the queue; until there is none.

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
                yield Bell.from_body(message["Body"]), forget
