"""Sends the emails in the queue."""

from functools import partial
from typing import Any

from gatehouse.backend.root import production
from gatehouse.flows.accounts.send_mail import send_mails
from gatehouse.queues import Failures, serve_groups


def handler(event: dict[str, Any], context: Any) -> Failures:
    """Sends one batch of emails. The queue delivers again only those that failed."""
    return serve_groups(event, partial(send_mails, production()))
