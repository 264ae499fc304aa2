"""Apply the password rules wherever a new password is chosen."""

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidInput, Problem
from gatehouse.passwords import check_strength, hash_password


def hash_chosen(
    backend: Backend, password: str, *, about: tuple[str, ...] = (), pointer: str = "/password"
) -> str:
    """Returns the hash of a new password that follows the password rules.

    Args:
        about: texts that the password must not consist of, for example the owner's address.
        pointer: JSON Pointer to the password in the input.

    Raises:
        InvalidInput: the password is too short, too long, or made of what attackers try first.
    """
    minimum = backend.settings.min_password_length
    try:
        check_strength(password, minimum=minimum, about=about)
    except ValueError as error:
        raise InvalidInput(problems=(Problem(pointer, str(error)),)) from None
    return hash_password(password, backend.keys.peppers, cost=backend.settings.password_hash_cost)
