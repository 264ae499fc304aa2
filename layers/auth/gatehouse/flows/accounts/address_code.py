"""The six-digit code of an address, for users who read their email on another device.

It is derived from a secret of the deployment and the item that ``stores.codes`` keeps, so it is
never stored and every email about the address carries the same one while it lives.
"""

import hashlib
import hmac

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidLink
from gatehouse.identity import EmailAddress
from gatehouse.stores.codes import Code, digits_of


def code_to_mail(backend: Backend, address: EmailAddress) -> str:
    """Returns the digits of the address's live code, which begins to live now if there was none.

    Makes the same write for every address, whether or not it has an account or a registration.
    """
    name = address_hash(backend, address.canonical)
    code = backend.accounts.codes.current(name, backend.clock.now())
    return digits_of(code, address.canonical, _key(backend))


def prove_by_code(backend: Backend, address: EmailAddress, digits: str) -> Code:
    """Returns the code that proves an address. The attempt is counted before it is compared.

    Raises:
        InvalidLink: the digits are wrong, or the code has expired or was tried too often.
    """
    name = address_hash(backend, address.canonical)
    code = backend.accounts.codes.try_once(name, backend.clock.now())
    right = digits_of(code, address.canonical, _key(backend))
    if not hmac.compare_digest(right.encode(), digits.encode()):
        raise InvalidLink
    return code


def address_hash(backend: Backend, canonical: str) -> str:
    """Returns the keyed hash that names the code of an address. It does not reveal the address."""
    return hashlib.blake2b(canonical.encode(), key=_key(backend), digest_size=16).hexdigest()


def _key(backend: Backend) -> bytes:
    return backend.keys.derived_key("codes")
