"""Amazon SES, which sends the mails."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatehouse import aws
from gatehouse.emails.ses_refusals import Cause, cause_of
from gatehouse.errors import Unavailable

if TYPE_CHECKING:
    from gatehouse.aws_clients import SES
    from gatehouse.emails.rendering import Mail

log = logging.getLogger(__name__)


class BadAddress(Exception):
    """No mail can be sent to the address, however often it is tried."""


@dataclass(frozen=True, slots=True)
class SesSender:
    """Sends mails from one sender address."""

    sender: str
    ses: "Callable[[], SES]" = aws.ses

    def send(self, mail: "Mail") -> None:
        """Sends a mail as text and HTML to its recipient.

        Raises:
            BadAddress: SES will never send to this address.
            Unavailable: SES did not accept the mail for now, or until the operator has acted.
        """
        try:
            self._send(mail)
        except aws.MailRefused as refusal:
            cause = cause_of(refusal.code, refusal.reason, sender=self.sender)
            if cause is Cause.ADDRESS:
                raise BadAddress from refusal
            level = logging.ERROR if cause is Cause.OPERATOR else logging.WARNING
            log.log(level, "SES refused a mail", extra={"code": refusal.code, "for": cause.value})
            raise Unavailable from refusal

    def _send(self, mail: "Mail") -> None:
        aws.call(
            self.ses().send_email,
            FromEmailAddress=self.sender,
            Destination={"ToAddresses": [mail.to]},
            Content={
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                    "Body": {
                        "Text": {"Data": mail.text, "Charset": "UTF-8"},
                        "Html": {"Data": mail.html, "Charset": "UTF-8"},
                    },
                }
            },
        )
