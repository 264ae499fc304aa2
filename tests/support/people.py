"""Users with accounts, and the mails they get."""

from dataclasses import dataclass
from typing import Any

from gatehouse.flows.lifecycle.finish_removals import finish_removal
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.identity import Device, Identity, new_id
from gatehouse.stores import item_keys
from gatehouse.stores.sessions import new_session
from gatehouse.stores.table import when
from gatehouse.stores.users import User
from harness.moto_backend import MotoBackend
from harness.tables import items

PHONE = Device("198.51.100.7", "Firefox on a phone")
NEW_PASSWORD = "a quite different passphrase"


@dataclass(frozen=True)
class Person:
    """A user who is signed in."""

    user: User
    tokens: Tokens
    identity: Identity

    @property
    def session_id(self) -> str:
        return self.identity.session_id


def person(moto: MotoBackend, email: str | None = None, **traits: Any) -> Person:
    """Creates a signed-in user and empties the mail queue."""
    signed_in = sign_in(moto, moto.user(email, **traits))
    moto.queued()
    return signed_in


def sign_in(moto: MotoBackend, user: User) -> Person:
    """Signs a user in once more. Returns the user with the new session."""
    tokens = moto.sign_in(user)
    identity = moto.backend.keys.verify_access(tokens.access_token)
    return Person(now_of(moto, user), tokens, identity)


def remove(moto: MotoBackend, user: User) -> None:
    """Deletes an account as its owner does, without the password check."""
    moto.disable(user)
    finish_removal(moto.backend, user.id)


def now_of(moto: MotoBackend, user: User) -> User:
    """Returns the account as it is stored now."""
    account = moto.backend.accounts.users.by_id(user.id)
    assert account
    return account


def mails(moto: MotoBackend) -> dict[str, dict[str, Any]]:
    """Takes all mails out of the queue. Returns them by template. No template may occur twice."""
    queued = moto.queued()
    by_template = {mail["template"]: mail for mail in queued}
    assert len(by_template) == len(queued)
    return by_template


def token_in(mail: dict[str, Any]) -> str:
    """Returns the token in the link of a mail."""
    token: str = mail["values"]["link"].partition("=")[2]
    return token


def tags(moto: MotoBackend, user_id: str) -> list[str]:
    """Returns the sorted tags of an account's events."""
    events = moto.backend.accounts.events.latest(user_id, before=None, limit=100)
    return sorted(event.tag for event in events)


def partitions(moto: MotoBackend) -> list[str]:
    """Returns the kind of each item in the accounts table, sorted, without keys and limits."""
    kinds = (item["pk"]["S"].partition("#")[0] for item in items(moto.dynamodb, "AccountsTable"))
    return sorted(kind for kind in kinds if kind not in ("KEYRING", "LIMIT"))


def former_sessions(moto: MotoBackend, user: User, count: int) -> list[str]:
    """Stores live sessions as the former version left them, which counted none.

    Returns their IDs, the oldest first.
    """
    started = moto.clock.now() - count
    sessions = [
        new_session(new_id(), user.id, device=PHONE, token_epoch=user.token_epoch, now=started + n)
        for n in range(count)
    ]
    writes = [moto.backend.accounts.sessions.starting(session)["Put"] for session in sessions]
    for start in range(0, count, 25):
        requests = [{"PutRequest": {"Item": w["Item"]}} for w in writes[start : start + 25]]
        moto.dynamodb.batch_write_item(RequestItems={"AccountsTable": requests})
    moto.backend.accounts.table.update(
        item_keys.user(user.id), when("REMOVE #sessions_started, #sessions_allowed")
    )
    return [session.id for session in sessions]
