"""Send the emails in the queue."""

import logging
from collections.abc import Sequence

from gatehouse import strict_json
from gatehouse.backend.root import Backend
from gatehouse.emails.messages import NOTHING, Message
from gatehouse.emails.rendering import render

log = logging.getLogger(__name__)


def send_mails(backend: Backend, bodies: Sequence[str]) -> None:
    """Sends the messages of queue records. Every error propagates, as from ``send_mail``."""
    for body in bodies:
        send_mail(backend, body)


def send_mail(backend: Backend, body: str) -> None:
    """Sends the message of a queue record, unless one with the same key was sent before.

    Every error propagates to the queue, which delivers the record again and finally moves it to
    the dead letters.
    """
    message = Message(**strict_json.loads(body))
    if message.template == NOTHING:
        return
    mail = render(message)
    if not backend.accounts.mails.claim(message.key, backend.clock.now()):
        log.info("email already sent, or being sent", extra={"key": message.key})
        return
    try:
        backend.accounts.ses_sender.send(mail)
    except Exception:
        backend.accounts.mails.release(message.key)
        raise
    backend.accounts.mails.sent(message.key)
    log.info("email sent", extra={"key": message.key, "template": message.template})
