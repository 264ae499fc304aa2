"""Request a move of the caller's account to another email address."""

from gatehouse import limits
from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.emails.messages import Message
from gatehouse.errors import InvalidInput, InvalidPassword, Problem
from gatehouse.flows.accounts.admit_mail import CHANGE_EMAIL, admit_mail
from gatehouse.flows.accounts.confirm_password import confirm_password
from gatehouse.flows.accounts.inputs import Email, GivenPassword, Input, Solution
from gatehouse.flows.accounts.prove_address import new_link
from gatehouse.identity import Device, Identity, new_id
from gatehouse.stores import links
from gatehouse.stores.email_changes import LIFE, NEW, OLD, EmailChange
from gatehouse.stores.events import new_event
from gatehouse.stores.table import Write
from gatehouse.stores.users import User


class RequestEmailChange(Input):
    """The new email address, and the current password."""

    new_email: Email
    password: GivenPassword
    solution: Solution | None = None


def request_email_change(
    backend: Backend, caller: Identity, request: RequestEmailChange, device: Device
) -> None:
    """Sends a link to the old and to the new address. The account moves once both were used.

    If the new address has an account, its owner gets a notice instead of the link, and the caller
    sees no difference. If the caller's account ends at the same moment, nothing is stored.

    Raises:
        InvalidInput: the account has exactly this address.
        InvalidToken, InvalidPassword: the caller did not prove ownership of the account.
        TooManyRequests: too many attempts at the password, or too many emails to the new address.
        ChallengeRequired, ChallengeFailed, MailsExhausted: strangers cause too many emails.
    """
    user = confirm_password(backend, caller, request.password, device)
    if request.new_email.written == user.email:
        raise InvalidInput(problems=(Problem("/new_email", "is the address of this account"),))
    limits.count(backend, limits.ASK_FOR_MAIL, device, request.new_email.canonical)
    admit_mail(backend, CHANGE_EMAIL, request.new_email.canonical, request.solution, device)
    now = backend.clock.now()
    change = EmailChange(
        id=new_id(),
        user_id=user.id,
        address=request.new_email,
        token_epoch=user.token_epoch,
        ends_at=now + LIFE,
    )
    old_link, to_old = _ask_old_end(backend, user, change)
    new_link_, to_new = _ask_new_end(backend, user, change)
    asked = new_event(
        user.id, "user:email:request", now=now, device=device, session_id=caller.session_id
    )
    try:
        backend.accounts.transact(
            backend.accounts.users.checking_epoch(user),
            backend.accounts.email_changes.adding(change),
            old_link,
            new_link_,
            backend.accounts.events.recording(asked),
            backend.accounts.outbox.adding(to_old),
            backend.accounts.outbox.adding(to_new),
        )
    except TransactionRefused:
        # The password changed or the account ended meanwhile: the password given proves nothing.
        raise InvalidPassword from None
    backend.accounts.outbox.hand_over(to_old)
    backend.accounts.outbox.hand_over(to_new)


def _ask_old_end(backend: Backend, user: User, change: EmailChange) -> tuple[Write, Message]:
    token, link = new_link(backend, links.CHANGE_EMAIL, _subject(change, OLD))
    return link, messages.confirm_old_email(
        to=user.email, new_email=change.address.written, link=_url(backend, token)
    )


def _ask_new_end(backend: Backend, user: User, change: EmailChange) -> tuple[Write, Message]:
    owner = backend.accounts.users.by_email(change.address)
    if owner is not None and owner.id != user.id:
        _, link = new_link(backend, links.NOTHING, {})
        return link, messages.already_registered(change.id, to=owner.email)
    token, link = new_link(backend, links.CHANGE_EMAIL, _subject(change, NEW))
    to = change.address.written
    return link, messages.confirm_new_email(to=to, link=_url(backend, token))


def _subject(change: EmailChange, end: str) -> dict[str, str]:
    return {"user_id": change.user_id, "change": change.id, "end": end}


def _url(backend: Backend, token: str) -> str:
    return f"{backend.settings.public_url}/app#confirm-email={token}"
