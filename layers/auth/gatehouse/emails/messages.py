"""Every e-mail that Gatehouse sends: a function each, its texts in the folder of that name."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as the outbox and the queue carry it: a template's name, and what to fill in."""

    key: str
    """Names the reason for the mail: the same key is sent once."""
    template: str
    to: str
    values: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def welcome(user_id: str, *, to: str, name: str | None, public_url: str) -> Message:
    """The account exists now."""
    values = {"name": name or to, "public_url": public_url}
    return Message(f"welcome-{user_id}", "welcome", to, values)
