"""Let people prove that they can read a mailbox, with links and codes sent by email."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.emails.messages import Message
from gatehouse.identity import new_id
from gatehouse.stores import links
from gatehouse.stores.links import Link
from gatehouse.stores.registrations import Registration
from gatehouse.stores.table import Write


@dataclass(frozen=True, slots=True)
class Proof:
    """The writes and the email for one proof. Only the email contains the tokens."""

    links: tuple[Write, ...]
    message: Message


def new_link(
    backend: Backend, purpose: str, subject: Mapping[str, str], *, address: str = ""
) -> tuple[str, Write]:
    """Returns a fresh token, and the write that makes it valid for an hour.

    Args:
        address: the address that the link is only good for. Its hash becomes the subject's
            ``email``: a plain address would outlive a deleted account.
    """
    token = links.new_token()
    if address:
        subject = {**subject, "email": links.bound_address(token, address)}
    return token, _adding(backend, links.token_hash(token), purpose, subject, links.LINK_LIFE)


def proof_for(backend: Backend, registration: Registration) -> Proof:
    """Returns the proof for a registration, or a notice to the owner if the account exists."""
    owner = backend.accounts.users.by_email(registration.address)
    if owner is None:
        return proof_of_registration(backend, registration)
    message = messages.already_registered(registration.id, to=owner.email)
    return proof_of_nothing(backend, message)


def proof_of_registration(backend: Backend, registration: Registration) -> Proof:
    """Returns a link, and a six-digit code for users who read their email on another device.

    Whichever is used first completes the registration and makes the other invalid.
    """
    canonical = registration.address.canonical
    subject = {"canonical": canonical, "registration": registration.id}
    token, by_link = new_link(backend, links.VERIFY, subject)
    code = links.new_code()
    by_code = _adding(
        backend, links.code_hash(canonical, code), links.VERIFY, subject, links.CODE_LIFE
    )
    message = messages.verify_email(
        to=registration.address.written,
        code=code,
        link=f"{backend.settings.public_url}/app#verify={token}",
    )
    return Proof((by_link, by_code), message)


def proof_of_nothing(backend: Backend, message: Message | None = None) -> Proof:
    """Returns writes of the same shape for an address that has nothing to prove.

    Args:
        message: an email that says so; if None, a message that the mailer drops.
    """
    writes = tuple(new_link(backend, links.NOTHING, {})[1] for _ in range(2))
    return Proof(writes, message or messages.nothing(new_id()))


def _adding(
    backend: Backend, link_hash: str, purpose: str, subject: Mapping[str, str], life: int
) -> Write:
    ends_at = backend.clock.now() + life
    return backend.accounts.links.adding(
        Link(hash=link_hash, purpose=purpose, subject=subject, ends_at=ends_at)
    )
