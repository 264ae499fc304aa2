"""Change the caller's profile."""

from gatehouse.aws import ConditionFailed
from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidToken
from gatehouse.flows.accounts.inputs import Input, Name
from gatehouse.flows.accounts.read_profile import Profile, profile_of
from gatehouse.identity import Identity


class ChangeProfile(Input):
    """The fields to change. Omitted fields stay as they are, and ``null`` removes a field."""

    name: Name | None = None


def change_profile(backend: Backend, caller: Identity, change: ChangeProfile) -> Profile:
    """Changes the caller's profile. Returns the profile after the change.

    Raises:
        InvalidToken: the account was deleted or disabled after the token was issued.
    """
    user = backend.accounts.users.by_id(caller.user_id)
    if user is None or user.disabled:
        raise InvalidToken
    if "name" not in change.model_fields_set or change.name == user.name:
        return profile_of(user)
    try:
        return profile_of(backend.accounts.users.rename(user.id, change.name))
    except ConditionFailed:
        raise InvalidToken from None
