"""Send the verification email of a registration again."""

from gatehouse.backend.root import Backend
from gatehouse.flows.accounts.admit_mail import RESEND, admit_mail
from gatehouse.flows.accounts.inputs import Email, Input, Solution
from gatehouse.flows.accounts.prove_address import proof_of_nothing, proof_of_registration
from gatehouse.identity import Device


class ResendVerification(Input):
    """The email address that waits to be verified."""

    email: Email
    solution: Solution | None = None


def resend_verification(backend: Backend, request: ResendVerification, device: Device) -> None:
    """Sends a fresh link and code for the latest registration of an address, if one is waiting.

    Only the mailbox learns whether one is. The reads and writes are the same either way.

    Raises:
        ChallengeRequired, ChallengeFailed, MailsExhausted: strangers cause too many emails.
    """
    admit_mail(backend, RESEND, request.email.canonical, request.solution, device)
    taken = backend.accounts.users.by_email(request.email) is not None
    waiting = backend.accounts.registrations.latest(request.email.canonical, backend.clock.now())
    if waiting is None or taken:
        proof = proof_of_nothing(backend)
    else:
        proof = proof_of_registration(backend, waiting)
    backend.accounts.transact(*proof.links, backend.accounts.outbox.adding(proof.message))
    backend.accounts.outbox.hand_over(proof.message)
