"""The entry point of queues: from an SQS event to the work for its messages."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

log = logging.getLogger(__name__)

Record = Mapping[str, Any]
Failures = dict[str, list[dict[str, str]]]


def serve_groups(
    event: Mapping[str, Any],
    serve: Callable[[Sequence[str]], object],
    failed: Callable[[Sequence[str]], object] | None = None,
) -> Failures:
    """Processes the messages of each group. A group that fails is delivered again as a whole.

    In a queue that is not FIFO, every message is a group.

    Args:
        serve: receives the bodies of a group's messages, in order.
        failed: receives the receipt handles of all messages in failed groups.

    Returns:
        The response that tells SQS which messages were not processed (``ReportBatchItemFailures``).
    """
    groups: dict[str, list[Record]] = {}
    for record in event["Records"]:
        name = record["attributes"].get("MessageGroupId", record["messageId"])
        groups.setdefault(name, []).append(record)
    unserved = [
        record for group in groups.values() if not _is_served(group, serve) for record in group
    ]
    if failed and unserved:
        failed([record["receiptHandle"] for record in unserved])
    return {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in unserved]}


def _is_served(group: Sequence[Record], serve: Callable[[Sequence[str]], object]) -> bool:
    try:
        serve([record["body"] for record in group])
    except Exception:
        log.exception("messages failed", extra={"count": len(group)})
        return False
    return True
