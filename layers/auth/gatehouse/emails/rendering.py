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
    return Mail(
        to=message.to,
        subject=" ".join(_fill(message.template, "subject.txt", values).split()),
        text=_fill(message.template, "body.txt", values),
        html=_fill(message.template, "body.html", escaped),
    )


def _fill(template: str, part: str, values: dict[str, str]) -> str:
    text = (_FOLDER / template / part).read_text(encoding="utf-8")
    return Template(text).substitute(values)
