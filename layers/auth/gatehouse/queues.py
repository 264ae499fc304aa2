"""The door of FIFO queues: from an event of SQS to what is to be done for each of its groups."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

log = logging.getLogger(__name__)

Record = Mapping[str, Any]
Failures = dict[str, list[dict[str, str]]]


def serve_groups(
    event: Mapping[str, Any],
    serve: Callable[[Sequence[str]], object],
    failed: Callable[[Sequence[str]], object],
) -> Failures:
    """Serves the records of each message group; a group that fails comes again as a whole.

    Args:
        serve: gets the bodies of a group's records, in their order.
        failed: gets the receipt handles of a group that failed.

    Returns:
        what tells SQS which records were not processed (``ReportBatchItemFailures``).
    """
    groups: dict[str, list[Record]] = {}
    for record in event["Records"]:
        groups.setdefault(record["attributes"]["MessageGroupId"], []).append(record)
    unserved = [
        record for group in groups.values() if not _is_served(group, serve) for record in group
    ]
    if unserved:
        failed([record["receiptHandle"] for record in unserved])
    return {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in unserved]}


def _is_served(group: Sequence[Record], serve: Callable[[Sequence[str]], object]) -> bool:
    try:
        serve([record["body"] for record in group])
    except Exception:
        log.exception("a group failed", extra={"records": len(group)})
        return False
    return True
