"""Verify the address of a registration, which creates the account."""

from typing import Annotated

from pydantic import Field, model_validator

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.errors import InvalidCredentials, InvalidLink
from gatehouse.flows.accounts.inputs import Email, GivenPassword, Input, LinkToken
from gatehouse.identity import Device, new_id
from gatehouse.passwords import verify_password
from gatehouse.stores import links
from gatehouse.stores.devices import fingerprint
from gatehouse.stores.events import new_event
from gatehouse.stores.links import Link
from gatehouse.stores.registrations import Registration
from gatehouse.stores.users import User


class VerifyRegistration(Input):
    """The token, or the address and the code, from the email; and the registration's password."""

    token: LinkToken | None = None
    email: Email | None = None
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    password: GivenPassword

    @model_validator(mode="after")
    def _one_way(self) -> "VerifyRegistration":
        by_token = self.token is not None and self.email is None and self.code is None
        by_code = self.token is None and self.email is not None and self.code is not None
        if not (by_token or by_code):
            raise ValueError("must have either token, or email and code")
        return self


def verify_registration(backend: Backend, request: VerifyRegistration, device: Device) -> None:
    """Creates the account of a registration whose email was read. Does not sign the user in.

    Requires the password again, so a stranger who registers someone else's address in advance
    gains nothing when the owner opens the link. A wrong password consumes nothing, but attempts
    are counted.

    Raises:
        InvalidLink: the token or code is not valid or was tried too often, or the address has an
            account by now.
        InvalidCredentials: the password is not the registration's.
    """
    now = backend.clock.now()
    link = backend.accounts.links.find(_link_hash(request), links.VERIFY, now)
    subject = link.subject
    registration = backend.accounts.registrations.get(
        subject["canonical"], subject["registration"], now
    )
    if registration is None:
        raise InvalidLink
    backend.accounts.links.try_once(link)
    cost = backend.settings.password_hash_cost
    if not verify_password(
        request.password, registration.password_hash, backend.keys.peppers, cost=cost
    ):
        raise InvalidCredentials
    _make_account(backend, registration, link, device)


def _make_account(backend: Backend, registration: Registration, link: Link, device: Device) -> None:
    """Replaces link and registration with user, guard, event and welcome email, atomically."""
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
            backend.accounts.links.using(link, now),
            backend.accounts.registrations.removing(registration),
            backend.accounts.outbox.adding(welcome),
            backend.accounts.events.recording(created),
        )
    except TransactionRefused:
        raise InvalidLink from None
    backend.accounts.outbox.hand_over(welcome)


def _link_hash(request: VerifyRegistration) -> str:
    if request.token is not None:
        return links.token_hash(request.token)
    if request.email is None or request.code is None:
        raise InvalidLink
    return links.code_hash(request.email.canonical, request.code)
