"""Rendering: from a message to the subject and the two bodies of a mail."""

import html
from dataclasses import dataclass
from pathlib import Path
from string import Template

from gatehouse.emails.messages import Message

SERVICE = "Gatehouse"

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it is sent."""

    to: str
    subject: str
    text: str
    html: str


def render(message: Message) -> Mail:
    """Returns the mail for a message.

    Values are escaped in HTML and cannot add a line to the subject.

    Raises:
        KeyError: the message lacks a value that the template needs.
    """
    values = {"service": SERVICE, **message.values}
    escaped = {name: html.escape(value) for name, value in values.items()}
    subject = " ".join(_fill(f"{message.template}/subject.txt", values).split())
    body = _fill(f"{message.template}/body.html", escaped)
    return Mail(
        to=message.to,
        subject=subject,
        text=_fill(f"{message.template}/body.txt", values),
        html=_fill("layout.html", {"subject": html.escape(subject), "body": body}),
    )


def _fill(template: str, values: dict[str, str]) -> str:
    text = (_FOLDER / template).read_text(encoding="utf-8")
    return Template(text).substitute(values)
