"""Send one mail of the queue."""

import logging

from gatehouse import strict_json
from gatehouse.backend import Backend
from gatehouse.emails.messages import NOTHING, Message
from gatehouse.emails.rendering import render

log = logging.getLogger(__name__)


def send_mail(backend: Backend, body: str) -> None:
    """Sends the message of a queue record, unless its key was sent before.

    Whatever fails climbs to the queue, which brings the record again and in the end keeps it among
    the dead letters.
    """
    message = Message(**strict_json.loads(body))
    if message.template == NOTHING:
        return
    mail = render(message)
    if not backend.mails.claim(message.key, backend.clock.now()):
        log.info("already sent, or being sent", extra={"key": message.key})
        return
    try:
        backend.post_office.send(mail)
    except Exception:
        backend.mails.release(message.key)
        raise
    backend.mails.sent(message.key)
    log.info("mail sent", extra={"key": message.key, "template": message.template})
