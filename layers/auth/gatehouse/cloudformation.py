"""CloudFormation custom resources: their requests, and the responses that the stack waits for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import logging
import urllib.request
from collections.abc import Callable
from typing import Any

TIMEOUT = 10
"""Seconds to wait for the delivery of a response."""

log = logging.getLogger(__name__)


def answer(event: dict[str, Any], ensure: Callable[[], None]) -> None:
    """Handles a custom resource's request and reports the outcome to CloudFormation.

    A delete request deletes nothing: what the resource created must outlive the stack. A response
    is always sent, because the stack would otherwise wait for an hour.

    Args:
        ensure: creates what the resource stands for, if it does not exist.
    """
    status, reason = "SUCCESS", ""
    try:
        if event["RequestType"] != "Delete":
            ensure()
    except Exception as error:
        log.exception("the custom resource failed")
        status, reason = "FAILED", f"{type(error).__name__}; see the function's log"
    _deliver(event["ResponseURL"], _document(event, status, reason))


def _document(event: dict[str, Any], status: str, reason: str) -> dict[str, str]:
    name = event["LogicalResourceId"]
    echoed = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    # The physical ID never changes: CloudFormation would delete the resource of the old one.
    return {
        **echoed,
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId", name),
    }


def _deliver(url: str, document: dict[str, str]) -> None:
    # The URL is signed for an empty content type.
    request = urllib.request.Request(  # noqa: S310  # CloudFormation's own URL
        url, json.dumps(document).encode(), {"Content-Type": ""}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310
        pass
