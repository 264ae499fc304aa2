"""Every email that Gatehouse sends: one function each, with its texts in the folder of that name.

A message's key identifies the reason for it. Each key is sent once.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from gatehouse.identity import Device

NOTHING = "nothing"
"""The template of a message that the mailer drops. It makes a request about an unknown address do
the same work as one about a known address."""

ANYONE = "there"
"""Name in the greeting of a reader whose address is not verified: "Hello there". The client that
registered may be a stranger to that mailbox, and its text must not reach it in our name."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail in the outbox and the queue: the name of a template and the values to fill in."""

    key: str
    template: str
    to: str
    values: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __repr__(self) -> str:
        return f"Message(key={self.key!r})"


def welcome(user_id: str, *, to: str, name: str | None, public_url: str) -> Message:
    """Creates the mail that welcomes the owner of a new account."""
    values = {"name": name or to, "public_url": public_url}
    return Message(f"welcome-{user_id}", "welcome", to, values)


def verify_email(*, to: str, code: str, link: str) -> Message:
    """Creates the mail that verifies an address. The reader may not be the one who registered."""
    return Message(_key("verify", link), "verify_email", to, {"code": code, "link": link})


def already_registered(reason: str, *, to: str) -> Message:
    """Creates the mail about a registration with an address that already has an account."""
    return Message(f"already-{reason}", "already_registered", to, {})


def reset_password(*, to: str, link: str) -> Message:
    """Creates the mail that resets a password. The reader may not have requested it."""
    return Message(_key("reset", link), "reset_password", to, {"link": link})


def password_changed(user_id: str, epoch: int, *, to: str) -> Message:
    """Creates the notice that the password was changed and all other sessions ended."""
    return Message(f"password-{user_id}-{epoch}", "password_changed", to, {})


def confirm_new_email(*, to: str, link: str) -> Message:
    """Creates the mail that asks the new address to confirm a change of address."""
    return Message(_key("new-email", link), "confirm_new_email", to, {"link": link})


def confirm_old_email(*, to: str, new_email: str, link: str) -> Message:
    """Creates the mail that asks the current address to confirm a change of address."""
    values = {"new_email": new_email, "link": link}
    return Message(_key("old-email", link), "confirm_old_email", to, values)


def email_changed(change_id: str, *, to: str, new_email: str) -> Message:
    """Creates the notice to the former address that the account has moved to another one."""
    return Message(f"email-changed-{change_id}", "email_changed", to, {"new_email": new_email})


def new_device(session_id: str, *, to: str, device: Device) -> Message:
    """Creates the notice of a sign-in from a device that was not seen before.

    Args:
        device: with a user agent in words of our own, from ``user_agents.describe``.
    """
    values = {
        "address": device.address or "unknown",
        "user_agent": device.user_agent or "unknown",
    }
    return Message(f"device-{session_id}", "new_device", to, values)


def session_revoked(session_id: str, *, to: str) -> Message:
    """Creates the notice that a session was ended because its refresh token was reused."""
    return Message(f"reuse-{session_id}", "session_revoked", to, {})


def account_disabled(user_id: str, epoch: int, *, to: str) -> Message:
    """Creates the notice that an operator disabled the account."""
    return Message(f"disabled-{user_id}-{epoch}", "account_disabled", to, {})


def account_enabled(user_id: str, epoch: int, *, to: str) -> Message:
    """Creates the notice that an operator enabled the account again."""
    return Message(f"enabled-{user_id}-{epoch}", "account_enabled", to, {})


def account_deleted(user_id: str, *, to: str) -> Message:
    """Creates the notice that the account was deleted, and of what stays for a while."""
    return Message(f"deleted-{user_id}", "account_deleted", to, {})


def nothing(reason: str) -> Message:
    """Creates a message that the mailer drops."""
    return Message(f"nothing-{reason}", NOTHING, "", {})


def _key(kind: str, secret: str) -> str:
    """Returns the key of a message with a token. Keys are logged, so it is only part of a hash."""
    return f"{kind}-{hashlib.sha256(secret.encode()).hexdigest()[:24]}"
