"""Creates the key ring at the first deployment, and rotates it on schedule."""

from typing import Any

from gatehouse.backend.root import production
from gatehouse.cloudformation import answer
from gatehouse.flows.accounts.rotate_keys import ensure_keys, rotate_keys


def handler(event: dict[str, Any], context: Any) -> None:
    """Serves a request from CloudFormation, or a tick of the schedule."""
    if "ResponseURL" in event:
        answer(event, lambda: ensure_keys(production()))
    else:
        rotate_keys(production())
