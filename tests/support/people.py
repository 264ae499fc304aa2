"""People with accounts, and what comes into their mailboxes."""

from dataclasses import dataclass
from typing import Any

from gatehouse.flows.lifecycle.finish_removals import finish_removal
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.identity import Device, Identity
from gatehouse.stores.users import User
from harness.moto_backend import MotoBackend
from harness.tables import items

PHONE = Device("198.51.100.7", "Firefox on a phone")
NEW_PASSWORD = "a quite different passphrase"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    user: User
    tokens: Tokens
    identity: Identity

    @property
    def session_id(self) -> str:
        return self.identity.session_id


def person(moto: MotoBackend, email: str | None = None, **traits: Any) -> Person:
    """Somebody with an account, signed in, with an empty mailbox."""
    signed_in = sign_in(moto, moto.user(email, **traits))
    moto.queued()
    return signed_in


def sign_in(moto: MotoBackend, user: User) -> Person:
    """Another session of somebody."""
    tokens = moto.sign_in(user)
    identity = moto.backend.keys.verify_access(tokens.access_token)
    return Person(now_of(moto, user), tokens, identity)


def remove(moto: MotoBackend, user: User) -> None:
    """Deletes an account as its owner does, after the password was asked for."""
    moto.disable(user)
    finish_removal(moto.backend, user.id)


def now_of(moto: MotoBackend, user: User) -> User:
    """An account as it is kept now."""
    account = moto.backend.accounts.users.by_id(user.id)
    assert account
    return account


def mails(moto: MotoBackend) -> dict[str, dict[str, Any]]:
    """The mails in the queue by their templates, taken out of it; no two of one kind."""
    queued = moto.queued()
    by_template = {mail["template"]: mail for mail in queued}
    assert len(by_template) == len(queued)
    return by_template


def token_in(mail: dict[str, Any]) -> str:
    """The token of the link in a mail."""
    token: str = mail["values"]["link"].partition("=")[2]
    return token


def tags(moto: MotoBackend, user_id: str) -> list[str]:
    """The events of an account, the oldest first."""
    events = moto.backend.accounts.events.latest(user_id, before=None, limit=100)
    return sorted(event.tag for event in events)


def partitions(moto: MotoBackend) -> list[str]:
    """What kinds of items the accounts table has, each as often as there are of it."""
    kinds = (item["pk"]["S"].partition("#")[0] for item in items(moto.dynamodb, "AccountsTable"))
    return sorted(kind for kind in kinds if kind not in ("KEYRING", "LIMIT"))
