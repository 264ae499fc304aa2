"""People with accounts, and what comes into their mailboxes."""

from dataclasses import dataclass
from typing import Any

from gatehouse.flows.lifecycle.finish_removals import finish_removal
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.identity import Device, Identity
from gatehouse.stores.users import User
from tests.support.tables import items
from tests.support.world import World

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


def person(world: World, email: str | None = None, **traits: Any) -> Person:
    """Somebody with an account, signed in, with an empty mailbox."""
    signed_in = sign_in(world, world.user(email, **traits))
    world.queued()
    return signed_in


def sign_in(world: World, user: User) -> Person:
    """Another session of somebody."""
    tokens = world.sign_in(user)
    identity = world.backend.keys.verify_access(tokens.access_token)
    return Person(now_of(world, user), tokens, identity)


def remove(world: World, user: User) -> None:
    """Deletes an account as its owner does, after the password was asked for."""
    world.disable(user)
    finish_removal(world.backend, user.id)


def now_of(world: World, user: User) -> User:
    """An account as it is kept now."""
    found = world.backend.accounts.users.by_id(user.id)
    assert found
    return found


def letters(world: World) -> dict[str, dict[str, Any]]:
    """The mails in the queue by their templates, taken out of it; no two of one kind."""
    found = world.queued()
    by_template = {mail["template"]: mail for mail in found}
    assert len(by_template) == len(found)
    return by_template


def token_in(mail: dict[str, Any]) -> str:
    """The token of the link in a mail."""
    token: str = mail["values"]["link"].partition("=")[2]
    return token


def tags(world: World, user_id: str) -> list[str]:
    """The events of an account, the oldest first."""
    found = world.backend.accounts.events.latest(user_id, before=None, limit=100)
    return sorted(event.tag for event in found)


def partitions(world: World) -> list[str]:
    """What kinds of items the accounts table has, each as often as there are of it."""
    kinds = (item["pk"]["S"].partition("#")[0] for item in items(world.dynamodb, "AccountsTable"))
    return sorted(kind for kind in kinds if kind not in ("KEYRING", "LIMIT"))
