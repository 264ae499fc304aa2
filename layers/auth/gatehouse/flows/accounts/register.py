"""Register an account."""

from gatehouse import limits
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.flows.accounts.admit_mail import REGISTER, admit_mail
from gatehouse.flows.accounts.choose_password import hash_chosen
from gatehouse.flows.accounts.inputs import Email, Input, Name, NewPassword, Solution
from gatehouse.flows.accounts.prove_address import proof_for
from gatehouse.flows.accounts.read_profile import Profile, profile_of
from gatehouse.identity import Device, new_id
from gatehouse.stores.devices import fingerprint
from gatehouse.stores.events import new_event
from gatehouse.stores.registrations import Registration
from gatehouse.stores.users import User


class Register(Input):
    """The account to create."""

    email: Email
    password: NewPassword
    name: Name | None = None
    solution: Solution | None = None


def register(backend: Backend, request: Register, device: Device) -> Profile | None:
    """Creates an account or, where addresses must be verified, a registration for one.

    Returns:
        The profile. None where addresses must be verified: an email says how to continue, also to
        an address that has an account.

    Raises:
        ChallengeRequired, ChallengeFailed, MailsExhausted: strangers cause too many emails.
        InvalidInput: the password breaks the password rules.
        EmailTaken: the address has an account. Raised only where addresses are not verified.
    """
    admit_mail(backend, REGISTER, request.email.canonical, request.solution, device)
    password_hash = hash_chosen(
        backend, request.password, about=(request.email.canonical, request.name or "")
    )
    if backend.settings.require_verified_email:
        _wait_for_verification(backend, request, password_hash, device)
        return None
    return profile_of(_make_account(backend, request, password_hash, device))


def _make_account(backend: Backend, request: Register, password_hash: str, device: Device) -> User:
    """Creates the account, its welcome email and its first event in one transaction."""
    now = backend.clock.now()
    user = User(
        id=new_id(),
        email=request.email.written,
        name=request.name,
        password_hash=password_hash,
        created_at=now,
        devices={fingerprint(device): now},
    )
    # Nobody has proven the address, so the email carries nothing that the client wrote.
    welcome = messages.welcome(
        user.id, to=user.email, name=messages.ANYONE, public_url=backend.settings.public_url
    )
    created = new_event(user.id, "user:account:create", now=now, device=device)
    backend.accounts.users.create(
        user,
        request.email,
        backend.accounts.outbox.adding(welcome),
        backend.accounts.events.recording(created),
    )
    backend.accounts.outbox.hand_over(welcome)
    return user


def _wait_for_verification(
    backend: Backend, request: Register, password_hash: str, device: Device
) -> None:
    """Stores a registration that waits for the token or code from the email.

    The reads, hashes and writes have the same shape for an address that has an account. Only the
    email differs.
    """
    registration = Registration(
        id=new_id(),
        address=request.email,
        password_hash=password_hash,
        name=request.name,
        created_at=backend.clock.now(),
        place=limits.place_of(backend, device, request.email.canonical),
    )
    proof = proof_for(backend, registration)
    backend.accounts.transact(
        backend.accounts.registrations.adding(registration),
        proof.link,
        backend.accounts.outbox.adding(proof.message),
    )
    backend.accounts.outbox.hand_over(proof.message)
