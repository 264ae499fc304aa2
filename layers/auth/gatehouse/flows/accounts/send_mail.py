"""Send the emails in the queue."""

import logging
from collections.abc import Sequence

from gatehouse import strict_json
from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails.messages import NOTHING, Message
from gatehouse.emails.rendering import render
from gatehouse.emails.ses_sender import BadAddress
from gatehouse.identity import known_address
from gatehouse.stores.events import new_event

log = logging.getLogger(__name__)


def send_mails(backend: Backend, bodies: Sequence[str]) -> None:
    """Sends the messages of queue records. Every error propagates, as from ``send_mail``."""
    for body in bodies:
        send_mail(backend, body)


def send_mail(backend: Backend, body: str) -> None:
    """Sends the message of a queue record, unless one with the same key was sent before.

    A message to an address that cannot receive mail is dropped, and noted on the account that has
    the address. Every other error propagates to the queue, which delivers the record again and
    finally moves it to the dead letters, where it waits for the operator.
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
    except BadAddress:
        _give_up(backend, message)
        return
    except Exception:
        backend.accounts.mails.release(message.key)
        raise
    backend.accounts.mails.sent(message.key)
    log.info("email sent", extra={"key": message.key, "template": message.template})


def _give_up(backend: Backend, message: Message) -> None:
    """Marks a message as done that can never be sent, together with an event for its recipient.

    If the account moved to another address or was deleted meanwhile, nothing is recorded.
    """
    log.info("email not sent: its address cannot receive mail", extra={"key": message.key})
    user_id = backend.accounts.users.id_by_email(known_address(message.to))
    if user_id is not None:
        event = new_event(user_id, "system:email:undeliverable", now=backend.clock.now())
        try:
            backend.accounts.transact(
                backend.accounts.users.checking_email(user_id, message.to),
                backend.accounts.events.noting(event),
                backend.accounts.mails.finishing(message.key),
            )
        except TransactionRefused:
            pass
        else:
            return
    backend.accounts.mails.sent(message.key)
