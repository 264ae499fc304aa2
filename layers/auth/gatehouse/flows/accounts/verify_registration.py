"""Verify the address of a registration, which creates the account."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import model_validator

from gatehouse import limits
from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.errors import InvalidCredentials, InvalidLink
from gatehouse.flows.accounts.address_code import address_hash, prove_by_code
from gatehouse.flows.accounts.inputs import Code, GivenPassword, Input, KnownEmail, LinkToken
from gatehouse.flows.accounts.prove_address import ANY
from gatehouse.identity import Device, EmailAddress, new_id
from gatehouse.passwords import verify_password
from gatehouse.stores import links
from gatehouse.stores.devices import fingerprint
from gatehouse.stores.events import new_event
from gatehouse.stores.registrations import Registration
from gatehouse.stores.table import Write
from gatehouse.stores.users import User

MOST_CANDIDATES = 5
"""Registrations of an address whose passwords are compared: the most hashes of one request."""


class VerifyRegistration(Input):
    """The token, or the address and the code, from the email; and the registration's password."""

    token: LinkToken | None = None
    email: KnownEmail | None = None
    code: Code | None = None
    password: GivenPassword

    @model_validator(mode="after")
    def _one_way(self) -> "VerifyRegistration":
        by_token = self.token is not None and self.email is None and self.code is None
        by_code = self.token is None and self.email is not None and self.code is not None
        if not (by_token or by_code):
            raise ValueError("must have either token, or email and code")
        return self


@dataclass(frozen=True, slots=True)
class _Proof:
    """A proven mailbox: what it may complete, and the writes that consume the proof."""

    candidates: Sequence[Registration]
    using: tuple[Write, ...]


def verify_registration(backend: Backend, request: VerifyRegistration, device: Device) -> None:
    """Creates the account of a registration whose email was read. Does not sign the user in.

    Requires the password again, so a stranger who registers someone else's address in advance
    gains nothing when the owner opens the link or enters the code. The link of a registration
    completes that one. A link that was sent again and a code prove the address only, so the
    password says which of its registrations they complete.

    A wrong password consumes nothing, but attempts are counted before anything is compared.

    Raises:
        InvalidLink: the token or code is not valid or was tried too often, or the address has an
            account by now.
        InvalidCredentials: the password is not the registration's.
    """
    if request.token is not None:
        proof = _prove_by_link(backend, request.token, device)
    elif request.email is not None and request.code is not None:
        proof = _prove_by_code(backend, request.email, request.code, device)
    else:
        raise InvalidLink
    registration = _choose(backend, proof.candidates, request.password)
    _make_account(backend, registration, proof.using, device)


def _prove_by_link(backend: Backend, token: str, device: Device) -> _Proof:
    now = backend.clock.now()
    link = backend.accounts.links.find(links.token_hash(token), links.VERIFY, now)
    canonical = link.subject["canonical"]
    if ANY in link.subject:
        candidates = _candidates(backend, canonical, device)
    else:
        registration = backend.accounts.registrations.get(
            canonical, link.subject["registration"], now
        )
        candidates = [registration] if registration else []
    if not candidates:
        raise InvalidLink
    backend.accounts.links.try_once(link)
    voiding_code = backend.accounts.codes.voiding(address_hash(backend, canonical))
    return _Proof(candidates, (backend.accounts.links.using(link, now), voiding_code))


def _prove_by_code(backend: Backend, email: EmailAddress, digits: str, device: Device) -> _Proof:
    code = prove_by_code(backend, email, digits)
    candidates = _candidates(backend, email.canonical, device)
    if not candidates:
        raise InvalidLink
    using = backend.accounts.codes.using(code, backend.clock.now())
    return _Proof(candidates, (using,))


def _candidates(backend: Backend, canonical: str, device: Device) -> list[Registration]:
    """Returns the registrations of an address to choose from, most likely first.

    First come those from the client address of this request, then the latest ones. So strangers
    elsewhere cannot displace a registration of someone who verifies where they registered.
    """
    place = limits.place_of(backend, device, canonical)
    waiting = backend.accounts.registrations.of_address(canonical, backend.clock.now())
    return sorted(waiting, key=lambda each: each.place != place)[:MOST_CANDIDATES]


def _choose(backend: Backend, candidates: Sequence[Registration], password: str) -> Registration:
    """Returns the first registration with that password. Raises: ``InvalidCredentials``"""
    peppers, cost = backend.keys.peppers, backend.settings.password_hash_cost
    for registration in candidates:
        if verify_password(password, registration.password_hash, peppers, cost=cost):
            return registration
    raise InvalidCredentials


def _make_account(
    backend: Backend, registration: Registration, using: Sequence[Write], device: Device
) -> None:
    """Replaces proof and registration with user, guard, event and welcome email, atomically."""
    now = backend.clock.now()
    user = User(
        id=new_id(),
        email=registration.address.written,
        name=registration.name,
        password_hash=registration.password_hash,
        created_at=now,
        email_verified=True,
        devices={fingerprint(device): now},
    )
    welcome = messages.welcome(
        user.id, to=user.email, name=user.name, public_url=backend.settings.public_url
    )
    created = new_event(user.id, "user:account:create", now=now, device=device)
    try:
        backend.accounts.transact(
            *backend.accounts.users.creating(user, registration.address),
            *using,
            backend.accounts.registrations.removing(registration),
            backend.accounts.outbox.adding(welcome),
            backend.accounts.events.recording(created),
        )
    except TransactionRefused:
        raise InvalidLink from None
    backend.accounts.outbox.hand_over(welcome)
