"""Creates the queues of template.yaml on simulated AWS, and delivers from them to functions."""

from collections.abc import Callable, Iterator
from typing import Any

from harness.template import resources

_TAKEN = ("FifoQueue", "DeduplicationScope", "FifoThroughputLimit")


def create_queues(client: Any) -> dict[str, str]:
    """Creates each queue of the template under its logical ID. Returns the URLs by these IDs."""
    return {
        name: client.create_queue(QueueName=full_name, Attributes=attributes)["QueueUrl"]
        for name, full_name, attributes in queues()
    }


def queues() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields the logical ID, the name and the attributes of each queue of the template."""
    for name, properties in resources("AWS::SQS::Queue").items():
        taken = {key: properties[key] for key in _TAKEN if key in properties}
        attributes = {
            key: str(value).lower() if isinstance(value, bool) else value
            for key, value in taken.items()
        }
        yield name, f"{name}.fifo" if taken else name, attributes


def deliver(client: Any, url: str, handler: Callable[[dict[str, Any], Any], Any]) -> int:
    """Passes one batch of a queue to a function and deletes the messages that it served.

    Returns the number of messages in the batch.
    """
    response = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], VisibilityTimeout=0
    )
    messages = response.get("Messages", [])
    if not messages:
        return 0
    answer = handler({"Records": [as_record(message) for message in messages]}, None)
    failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    for message in messages:
        if message["MessageId"] not in failed:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return len(messages)


def as_record(message: dict[str, Any]) -> dict[str, Any]:
    """Returns a message as a function receives it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
        "awsRegion": "eu-central-1",
    }
