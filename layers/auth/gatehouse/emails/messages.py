"""Every e-mail that Gatehouse sends: a function each, its texts in the folder of that name.

The key of a message names the reason for it: the same key is sent once.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from gatehouse.identity import Device

NOTHING = "nothing"
"""The template of a message that the mailer drops: strangers get work of the same shape as members,
but no mail."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as the outbox and the queue carry it: a template's name, and what to fill in."""

    key: str
    template: str
    to: str
    values: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __repr__(self) -> str:
        return f"Message(key={self.key!r})"


def welcome(user_id: str, *, to: str, name: str | None, public_url: str) -> Message:
    """The account exists now."""
    values = {"name": name or to, "public_url": public_url}
    return Message(f"welcome-{user_id}", "welcome", to, values)


def verify_email(*, to: str, code: str, link: str) -> Message:
    """Somebody, hopefully the reader, wants an account with this address."""
    return Message(_key("verify", link), "verify_email", to, {"code": code, "link": link})


def already_registered(reason: str, *, to: str) -> Message:
    """Somebody wants an account with an address that has one."""
    return Message(f"already-{reason}", "already_registered", to, {})


def reset_password(*, to: str, link: str) -> Message:
    """Somebody, hopefully the reader, forgot the password."""
    return Message(_key("reset", link), "reset_password", to, {"link": link})


def password_changed(user_id: str, epoch: int, *, to: str) -> Message:
    """There is a new password, and all other sessions ended."""
    return Message(f"password-{user_id}-{epoch}", "password_changed", to, {})


def confirm_new_email(*, to: str, link: str) -> Message:
    """An account wants to move to this address."""
    return Message(_key("new-email", link), "confirm_new_email", to, {"link": link})


def confirm_old_email(*, to: str, new_email: str, link: str) -> Message:
    """An account wants to move away from this address."""
    values = {"new_email": new_email, "link": link}
    return Message(_key("old-email", link), "confirm_old_email", to, values)


def email_changed(change_id: str, *, to: str, new_email: str) -> Message:
    """The account has moved away from this address."""
    return Message(f"email-changed-{change_id}", "email_changed", to, {"new_email": new_email})


def new_device(session_id: str, *, to: str, device: Device) -> Message:
    """Somebody signed in from a device that was not seen before."""
    values = {
        "address": device.address or "unknown",
        "user_agent": device.user_agent or "unknown",
    }
    return Message(f"device-{session_id}", "new_device", to, values)


def session_revoked(session_id: str, *, to: str) -> Message:
    """A refresh token came back after its use; its session was ended."""
    return Message(f"reuse-{session_id}", "session_revoked", to, {})


def account_deleted(user_id: str, *, to: str) -> Message:
    """The account and its data are gone."""
    return Message(f"deleted-{user_id}", "account_deleted", to, {})


def nothing(reason: str) -> Message:
    """No mail at all."""
    return Message(f"nothing-{reason}", NOTHING, "", {})


def _key(kind: str, secret: str) -> str:
    """A key for what has a token in it. Keys stand in logs, so it is only a part of a hash."""
    return f"{kind}-{hashlib.sha256(secret.encode()).hexdigest()[:24]}"
