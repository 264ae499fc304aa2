"""The CloudFormation door: requests of a custom resource, and the answers that they wait for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import logging
import urllib.request
from collections.abc import Callable
from typing import Any

TIMEOUT = 10
"""Seconds for the delivery of an answer."""

log = logging.getLogger(__name__)


def answer(event: dict[str, Any], ensure: Callable[[], None]) -> None:
    """Brings about what a resource stands for, and tells CloudFormation how that ended.

    A deletion deletes nothing: what the resource made is worth more than the stack. An answer is
    sent in any case, since the stack would wait for an hour otherwise.
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
    # One physical id for ever: another one would ask CloudFormation to delete the former.
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
