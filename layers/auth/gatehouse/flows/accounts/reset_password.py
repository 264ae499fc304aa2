"""Choose a new password with a mailed link."""

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidLink
from gatehouse.flows.accounts.choose_password import hash_chosen
from gatehouse.flows.accounts.inputs import Input, LinkToken, NewPassword
from gatehouse.flows.accounts.set_password import set_password
from gatehouse.identity import Device
from gatehouse.stores import links
from gatehouse.stores.links import Link
from gatehouse.stores.users import User


class ResetPassword(Input):
    """The mailed token, and the new password."""

    token: LinkToken
    password: NewPassword


def reset_password(backend: Backend, request: ResetPassword, device: Device) -> None:
    """Uses the link up and sets the password, in one transaction. Nobody is signed in by it.

    Every session ends. The link is worth nothing once the password was changed by another way, or
    the account has left the mailbox that the link was sent to.

    Raises:
        InvalidInput: the password may not be chosen; the link stays good.
        InvalidLink: the link is not good any more.
    """
    now = backend.clock.now()
    link = backend.accounts.links.find(links.token_hash(request.token), links.RESET, now)
    user = backend.accounts.users.by_id(link.subject["user_id"])
    if user is None or user.disabled or not _is_for(link, user):
        raise InvalidLink
    password_hash = hash_chosen(backend, request.password, about=(user.email, user.name or ""))
    try:
        set_password(
            backend,
            user,
            password_hash,
            backend.accounts.links.using(link, now),
            action="reset",
            device=device,
        )
    except TransactionRefused:
        raise InvalidLink from None


def _is_for(link: Link, user: User) -> bool:
    asked_for = (link.subject["epoch"], link.subject["email"])
    return asked_for == (str(user.token_epoch), user.email)
