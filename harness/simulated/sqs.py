"""SQS in memory: queues as state machines that are told the time, and botocore's client for them.

FIFO queues let the messages of a group out in their order, and none while one of them is under way;
they know an id of de-duplication for five minutes. Standard queues can hold messages back.
"""

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from harness.template import resources

MEMORY = 300
"""Seconds for which an id of de-duplication is known."""

PREFIX = "https://sqs.simulated.example/"
BATCH = 10


@dataclass(eq=False)
class Message:
    """One message in a queue."""

    id: str
    body: str
    visible_at: float
    group: str = ""
    name: str = ""
    """The id of de-duplication."""
    receives: int = 0
    receipt: str = ""

    def as_record(self, queue: str) -> dict[str, Any]:
        """As Lambda hands it over."""
        return {
            "messageId": self.id,
            "receiptHandle": self.receipt,
            "body": self.body,
            "attributes": self.attributes,
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{queue}",
            "awsRegion": "eu-central-1",
        }

    @property
    def attributes(self) -> dict[str, str]:
        fields = {"ApproximateReceiveCount": str(self.receives)}
        if self.group:
            fields |= {"MessageGroupId": self.group, "MessageDeduplicationId": self.name}
        return fields


@dataclass(eq=False)
class Queue:
    """One queue; times are seconds of whatever clock its user has."""

    name: str
    fifo: bool
    visibility: float
    most_receives: int | None = None
    dead_letters: "Queue | None" = None
    messages: list[Message] = field(default_factory=list)
    changed: list[Callable[[], object]] = field(default_factory=list)
    """Called when there may be something to receive."""
    _known: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def send(self, body: str, now: float, *, group: str = "", name: str = "", delay: float) -> str:
        """Takes a message, unless its id of de-duplication is known; its id."""
        known = self._known.get((group, name))
        if self.fifo and known and now < known[0] + MEMORY:
            return known[1]
        number = f"{self.name}-{next(self._numbers)}"
        self._known[group, name] = now, number
        self.messages.append(Message(number, body, now + delay, group, name))
        self.tell()
        return number

    def receive(self, most: int, now: float, visibility: float | None = None) -> list[Message]:
        """Up to ``most`` messages, which nobody else gets for a while."""
        self._bury(now)
        messages = self._receivable(now)[:most]
        for message in messages:
            message.receives += 1
            message.receipt = f"{message.id}/{message.receives}"
            message.visible_at = now + (self.visibility if visibility is None else visibility)
        return messages

    def delete(self, receipt: str) -> None:
        """Raises: ``LookupError`` where it was received again or deleted since."""
        self.messages.remove(self.held(receipt))
        self.tell()

    def postpone(self, receipt: str, until: float) -> None:
        """Raises: ``LookupError`` as ``delete``"""
        self.held(receipt).visible_at = until
        self.tell()

    def held(self, receipt: str) -> Message:
        """Raises: ``LookupError`` as ``delete``"""
        for message in self.messages:
            if message.receipt == receipt:
                return message
        raise LookupError(receipt)

    def next_at(self, now: float) -> float | None:
        """When there will be something to receive if nothing happens until then."""
        if self._receivable(now):
            return now
        return min((m.visible_at for m in self.messages if m.visible_at > now), default=None)

    def tell(self) -> None:
        for listener in self.changed:
            listener()

    def _receivable(self, now: float) -> list[Message]:
        blocked = {m.group for m in self.messages if m.visible_at > now} if self.fifo else set()
        return [m for m in self.messages if m.visible_at <= now and m.group not in blocked]

    def _bury(self, now: float) -> None:
        for message in self._receivable(now) if self.dead_letters else ():
            if self.most_receives is not None and message.receives >= self.most_receives:
                self.messages.remove(message)
                dead = Message(message.id, message.body, now, message.group, message.name)
                self.dead_letters.messages.append(dead)  # type: ignore[union-attr]
                self.dead_letters.tell()  # type: ignore[union-attr]


class SQS:
    """The queues of template.yaml, as botocore's client speaks to them."""

    def __init__(self, now: Callable[[], float], **visibility: float) -> None:
        """Args: visibility: seconds in the place of the template's, by the queue's name."""
        self.now = now
        self.lock = threading.RLock()
        self.queues = queues_of_template()
        for name, seconds in visibility.items():
            self.queues[name].visibility = seconds

    def url(self, name: str) -> str:
        return PREFIX + name

    def send_message(self, **request: Any) -> dict[str, Any]:
        with self.lock:
            return {"MessageId": self._send(self._queue(request), request)}

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        with self.lock:
            queue, entries = self._queue(request), request["Entries"]
            if not 0 < len(entries) <= BATCH or len({e["Id"] for e in entries}) < len(entries):
                raise _error("AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
            sent = [{"Id": e["Id"], "MessageId": self._send(queue, e)} for e in entries]
            return {"Successful": sent}

    def receive_message(self, **request: Any) -> dict[str, Any]:
        with self.lock:
            most, seconds = request.get("MaxNumberOfMessages", 1), request.get("VisibilityTimeout")
            messages = self._queue(request).receive(most, self.now(), seconds)
            shown = [
                {
                    "MessageId": message.id,
                    "Body": message.body,
                    "ReceiptHandle": message.receipt,
                    "Attributes": message.attributes,
                }
                for message in messages
            ]
            return {"Messages": shown} if shown else {}

    def delete_message(self, **request: Any) -> dict[str, Any]:
        with self.lock, _Receipts():
            self._queue(request).delete(request["ReceiptHandle"])
            return {}

    def change_message_visibility(self, **request: Any) -> dict[str, Any]:
        with self.lock, _Receipts():
            until = self.now() + request["VisibilityTimeout"]
            self._queue(request).postpone(request["ReceiptHandle"], until)
            return {}

    def _queue(self, request: Mapping[str, Any]) -> Queue:
        name = request["QueueUrl"].removeprefix(PREFIX)
        if name not in self.queues:
            raise _error("AWS.SimpleQueueService.NonExistentQueue")
        return self.queues[name]

    def _send(self, queue: Queue, message: Mapping[str, Any]) -> str:
        group, name = message.get("MessageGroupId", ""), message.get("MessageDeduplicationId", "")
        delay = message.get("DelaySeconds", 0)
        if queue.fifo != bool(group and name) or (queue.fifo and delay):
            raise _error("InvalidParameterValue")
        if max(len(group), len(name)) > 128 or not 0 <= delay <= 900:
            raise _error("InvalidParameterValue")
        return queue.send(message["MessageBody"], self.now(), group=group, name=name, delay=delay)


class _Receipts:
    """Turns a receipt that is not good any more into SQS's answer."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, LookupError):
            raise _error("ReceiptHandleIsInvalid") from None


def queues_of_template() -> dict[str, Queue]:
    """Each queue of the template by its logical id."""
    definitions = resources("AWS::SQS::Queue")
    queues = {
        name: Queue(name, "FifoQueue" in properties, properties.get("VisibilityTimeout", 30))
        for name, properties in definitions.items()
    }
    for name, properties in definitions.items():
        if policy := properties.get("RedrivePolicy"):
            queues[name].most_receives = policy["maxReceiveCount"]
            target, _ = policy["deadLetterTargetArn"]["Fn::GetAtt"]
            queues[name].dead_letters = queues[target]
    return queues


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "SQS")
