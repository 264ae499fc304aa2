"""The rules of a new password, wherever one is chosen."""

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidInput, Problem
from gatehouse.passwords import check_strength, hash_password


def hash_chosen(
    backend: Backend, password: str, *, about: tuple[str, ...] = (), pointer: str = "/password"
) -> str:
    """The hash of a password that may be chosen.

    Args:
        about: texts that it must not be, such as the owner's address.
        pointer: where in the input it stands.

    Raises:
        InvalidInput: it is too short, too long, or one that others try first, or made of such.
    """
    minimum = backend.settings.min_password_length
    try:
        check_strength(password, minimum=minimum, about=about)
    except ValueError as error:
        raise InvalidInput(problems=(Problem(pointer, str(error)),)) from None
    return hash_password(password, backend.keys.peppers, cost=backend.settings.password_hash_cost)
