"""Confirm, from the old or the new address, that an account moves to another email address."""

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.errors import InvalidLink
from gatehouse.flows.accounts.inputs import Input, LinkToken
from gatehouse.identity import Device
from gatehouse.stores import links
from gatehouse.stores.email_changes import EmailChange
from gatehouse.stores.events import new_event
from gatehouse.stores.links import Link


class ConfirmEmailChange(Input):
    """The token from the confirmation email."""

    token: LinkToken


def confirm_email_change(backend: Backend, request: ConfirmEmailChange, device: Device) -> None:
    """Consumes a link. The second of the two links moves the account in the same transaction.

    A password change in between cancels the move, because the person who requested it may have
    known only the old password.

    When both links are used at the same moment, one transaction fails on the other's write and is
    tried again as the second.

    Raises:
        InvalidLink: the link is no longer valid, or the new address has an account by now.
    """
    link_hash = links.token_hash(request.token)
    for _ in range(2):
        link = backend.accounts.links.find(link_hash, links.CHANGE_EMAIL, backend.clock.now())
        try:
            _confirm(backend, link, device)
        except TransactionRefused:
            continue
        return
    raise InvalidLink


def _confirm(backend: Backend, link: Link, device: Device) -> None:
    now = backend.clock.now()
    change = backend.accounts.email_changes.get(
        link.subject["user_id"], link.subject["change"], now
    )
    if change is None:
        raise InvalidLink
    if change.confirmed:
        _move(backend, link, change, device)
    else:
        backend.accounts.transact(
            backend.accounts.links.using(link, now),
            backend.accounts.email_changes.confirming(change, link.subject["end"]),
        )


def _move(backend: Backend, link: Link, change: EmailChange, device: Device) -> None:
    now = backend.clock.now()
    user = backend.accounts.users.by_id(change.user_id)
    if user is None or user.disabled or user.token_epoch != change.token_epoch:
        raise InvalidLink
    notice = messages.email_changed(change.id, to=user.email, new_email=change.address.written)
    moved = new_event(user.id, "user:email:change", now=now, device=device)
    backend.accounts.transact(
        backend.accounts.links.using(link, now),
        backend.accounts.email_changes.completing(change),
        *backend.accounts.users.changing_email(user, change.address),
        backend.accounts.events.recording(moved),
        backend.accounts.outbox.adding(notice),
    )
    backend.accounts.outbox.hand_over(notice)
