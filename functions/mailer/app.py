"""Takes mails from the queue and sends them."""

from functools import partial
from typing import Any

from gatehouse.backend.root import production
from gatehouse.flows.accounts.send_mail import send_mails
from gatehouse.queues import Failures, serve_groups


def handler(event: dict[str, Any], context: Any) -> Failures:
    """One batch of mails; those that failed come again, and only they."""
    return serve_groups(event, partial(send_mails, production()))
