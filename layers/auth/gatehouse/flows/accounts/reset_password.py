"""Choose a new password with the link from an email."""

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
    """The token from the email, and the new password."""

    token: LinkToken
    password: NewPassword


def reset_password(backend: Backend, request: ResetPassword, device: Device) -> None:
    """Consumes the link and sets the password in one transaction. Does not sign the user in.

    Ends every session. The link becomes invalid when the password is changed in another way, or
    when the account moves away from the address that the link was sent to.

    Raises:
        InvalidInput: the password breaks the password rules. The link stays valid.
        InvalidLink: the link is no longer valid.
    """
    now = backend.clock.now()
    link = backend.accounts.links.find(links.token_hash(request.token), links.RESET, now)
    user = backend.accounts.users.by_id(link.subject["user_id"])
    if user is None or user.disabled or not _is_for(link, request.token, user):
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


def _is_for(link: Link, token: str, user: User) -> bool:
    """Whether the account has the epoch and the address that the link was sent for."""
    # Version 0.1 stored the address itself. Such links are valid for an hour.
    same_address = link.subject["email"] in (links.bound_address(token, user.email), user.email)
    return bool(same_address and link.subject["epoch"] == str(user.token_epoch))
