"""Amazon SES, which sends the mails."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatehouse import aws

if TYPE_CHECKING:
    from gatehouse.aws_clients import SES
    from gatehouse.emails.rendering import Mail


@dataclass(frozen=True, slots=True)
class SesSender:
    """Sends mails from one sender address."""

    sender: str
    ses: "Callable[[], SES]" = aws.ses

    def send(self, mail: "Mail") -> None:
        """Sends a mail as text and HTML to its recipient. Raises: ``Unavailable``"""
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
