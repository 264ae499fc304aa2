"""Request an email with a link to choose a new password."""

from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.flows.accounts.admit_mail import FORGOT, admit_mail
from gatehouse.flows.accounts.inputs import Input, KnownEmail, Solution
from gatehouse.flows.accounts.prove_address import new_link
from gatehouse.identity import Device, new_id
from gatehouse.stores import links


class RequestPasswordReset(Input):
    """The email address of the account."""

    email: KnownEmail
    solution: Solution | None = None


def request_password_reset(backend: Backend, request: RequestPasswordReset, device: Device) -> None:
    """Sends a link to the stored address of the account, if it exists and is not disabled.

    Known and unknown addresses get the same answer after the same reads and writes, and one message
    goes through the queue. For an unknown address, the mailer drops that message.

    Raises:
        ChallengeRequired, ChallengeFailed, MailsExhausted: too many resets were requested.
    """
    admit_mail(backend, FORGOT, request.email.canonical, request.solution, device)
    user = backend.accounts.users.by_email(request.email)
    if user is None or user.disabled:
        _, link = new_link(backend, links.NOTHING, {})
        message = messages.nothing(new_id())
    else:
        subject = {"user_id": user.id, "epoch": str(user.token_epoch)}
        token, link = new_link(backend, links.RESET, subject, address=user.email)
        url = f"{backend.settings.public_url}/app#reset={token}"
        message = messages.reset_password(to=user.email, link=url)
    backend.accounts.transact(link, backend.accounts.outbox.adding(message))
    backend.accounts.outbox.hand_over(message)
