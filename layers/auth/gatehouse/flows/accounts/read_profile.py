"""Read the caller's profile."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.clock import rfc3339
from gatehouse.errors import InvalidToken
from gatehouse.identity import Identity
from gatehouse.stores.users import User


@dataclass(frozen=True, slots=True)
class Profile:
    """An account, as shown to its own user."""

    id: str
    email: str
    name: str | None
    email_verified: bool
    created_at: str
    """RFC 3339."""


def read_profile(backend: Backend, caller: Identity) -> Profile:
    """Returns the caller's profile, with a single read.

    Raises:
        InvalidToken: the account was deleted or disabled after the token was issued.
    """
    user = backend.accounts.users.by_id(caller.user_id)
    if user is None or user.disabled:
        raise InvalidToken
    return profile_of(user)


def profile_of(user: User) -> Profile:
    """Returns the part of an account that is shown to its own user."""
    return Profile(user.id, user.email, user.name, user.email_verified, rfc3339(user.created_at))
