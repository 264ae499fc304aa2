"""Register an account."""

from gatehouse.backend import Backend
from gatehouse.emails import messages
from gatehouse.errors import InvalidInput, Problem
from gatehouse.flows.inputs import Email, Input, Name, NewPassword
from gatehouse.flows.read_profile import Profile, profile_of
from gatehouse.identity import new_id
from gatehouse.passwords import check_strength, hash_password
from gatehouse.stores.users import User


class Register(Input):
    """Who wants an account."""

    email: Email
    password: NewPassword
    name: Name | None = None


def register(backend: Backend, request: Register) -> Profile:
    """Makes the account and its welcome mail in one transaction, then hands the mail over.

    Raises:
        InvalidInput: the password is too short or too long.
        EmailTaken: the address has an account.
    """
    _check_password(backend, request.password)
    user = User(
        id=new_id(),
        email=request.email.written,
        name=request.name,
        password_hash=hash_password(
            request.password, backend.peppers, cost=backend.settings.password_hash_cost
        ),
        created_at=backend.clock.now(),
    )
    message = messages.welcome(
        user.id, to=user.email, name=user.name, public_url=backend.settings.public_url
    )
    backend.users.create(user, request.email, backend.outbox.waiting(message))
    backend.outbox.hand_over(message)
    return profile_of(user)


def _check_password(backend: Backend, password: str) -> None:
    try:
        check_strength(password, minimum=backend.settings.min_password_length)
    except ValueError as error:
        raise InvalidInput(problems=(Problem("/password", str(error)),)) from None
