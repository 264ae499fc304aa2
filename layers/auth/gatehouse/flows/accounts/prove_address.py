"""Let people prove that they can read a mailbox, with links and codes sent by email."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.emails.messages import Message
from gatehouse.flows.accounts.address_code import code_to_mail
from gatehouse.identity import EmailAddress, new_id
from gatehouse.stores import links
from gatehouse.stores.links import Link
from gatehouse.stores.registrations import Registration
from gatehouse.stores.table import Write

ANY = "any"
"""Key of a link's subject. If present, the link proves the address for any of its registrations,
and the password says for which. Processes of a former version take the one that is named."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The write and the email for one proof. Only the email contains the token and the code."""

    link: Write
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
    ends_at = backend.clock.now() + links.LINK_LIFE
    link = Link(hash=links.token_hash(token), purpose=purpose, subject=subject, ends_at=ends_at)
    return token, backend.accounts.links.adding(link)


def proof_for(backend: Backend, registration: Registration) -> Proof:
    """Returns the proof for a new registration, or a notice to the owner if the account exists.

    The link completes this registration and no other, so a later one cannot take its place.
    """
    owner = backend.accounts.users.by_email(registration.address)
    code = code_to_mail(backend, registration.address)
    if owner is None:
        return _proof_of_registration(backend, registration, code, {})
    message = messages.already_registered(registration.id, to=owner.email)
    return _proof_of_nothing(backend, message)


def proof_again(backend: Backend, address: EmailAddress) -> Proof:
    """Returns another proof for the registrations that wait for an address.

    Its link completes whichever registration has the password that is entered with it: the latest
    one may be a stranger's. Returns writes of the same shape if there is nothing to prove.
    """
    waiting = backend.accounts.registrations.latest(address.canonical, backend.clock.now())
    code = code_to_mail(backend, address)
    if waiting is None:
        return _proof_of_nothing(backend, messages.nothing(new_id()))
    return _proof_of_registration(backend, waiting, code, {ANY: "yes"})


def _proof_of_registration(
    backend: Backend, registration: Registration, code: str, more: Mapping[str, str]
) -> Proof:
    canonical = registration.address.canonical
    subject = {"canonical": canonical, "registration": registration.id, **more}
    token, link = new_link(backend, links.VERIFY, subject)
    message = messages.verify_email(
        to=registration.address.written,
        code=code,
        link=f"{backend.settings.public_url}/app#verify={token}",
    )
    return Proof(link, message)


def _proof_of_nothing(backend: Backend, message: Message) -> Proof:
    """Returns a write of the same shape for an address that has nothing to prove."""
    return Proof(new_link(backend, links.NOTHING, {})[1], message)
