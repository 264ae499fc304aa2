"""Hand over the mails that were left waiting."""

import logging

from gatehouse.backend.root import Backend

log = logging.getLogger(__name__)


def hand_over_mails(backend: Backend) -> None:
    """Gives the queue what a process left that died between its transaction and the queue."""
    count = backend.accounts.outbox.hand_over_forgotten()
    if count:
        log.warning("mails had been left waiting", extra={"count": count})
