"""Send the verification email of a registration again."""

from gatehouse.backend.root import Backend
from gatehouse.flows.accounts.admit_mail import RESEND, admit_mail
from gatehouse.flows.accounts.inputs import Input, KnownEmail, Solution
from gatehouse.flows.accounts.prove_address import proof_again
from gatehouse.identity import Device


class ResendVerification(Input):
    """The email address that waits to be verified."""

    email: KnownEmail
    solution: Solution | None = None


def resend_verification(backend: Backend, request: ResendVerification, device: Device) -> None:
    """Sends a fresh link, and the address's code, if a registration is waiting.

    Only the mailbox learns whether one is. The reads and writes are the same either way.

    Raises:
        ChallengeRequired, ChallengeFailed, MailsExhausted: strangers cause too many emails.
    """
    admit_mail(backend, RESEND, request.email.canonical, request.solution, device)
    proof = proof_again(backend, request.email)
    backend.accounts.transact(proof.link, backend.accounts.outbox.adding(proof.message))
    backend.accounts.outbox.hand_over(proof.message)
