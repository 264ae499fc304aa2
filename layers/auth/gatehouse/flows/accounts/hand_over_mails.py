"""Queue the emails that were left in the outbox."""

import logging

from gatehouse.backend.root import Backend

log = logging.getLogger(__name__)


def hand_over_mails(backend: Backend) -> None:
    """Queues every email whose process died, or failed to queue it, after its transaction."""
    count = backend.accounts.outbox.hand_over_forgotten()
    if count:
        log.warning("emails that were left in the outbox are queued now", extra={"count": count})
