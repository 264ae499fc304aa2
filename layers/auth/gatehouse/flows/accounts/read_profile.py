"""Read one's own profile."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.clock import rfc3339
from gatehouse.errors import InvalidToken
from gatehouse.identity import Identity
from gatehouse.stores.users import User


@dataclass(frozen=True, slots=True)
class Profile:
    """What a user is told about their own account."""

    id: str
    email: str
    name: str | None
    email_verified: bool
    created_at: str
    """RFC 3339."""


def read_profile(backend: Backend, caller: Identity) -> Profile:
    """The caller's profile, by one read.

    Raises:
        InvalidToken: the account is gone, or was disabled, after the token was issued.
    """
    user = backend.accounts.users.by_id(caller.user_id)
    if user is None or user.disabled:
        raise InvalidToken
    return profile_of(user)


def profile_of(user: User) -> Profile:
    """What of a user is shown to that user."""
    return Profile(user.id, user.email, user.name, user.email_verified, rfc3339(user.created_at))
