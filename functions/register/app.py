"""POST /register, POST /register/verify, POST /register/resend"""

from gatehouse import limits
from gatehouse.errors import EmailTaken, InvalidCredentials, InvalidLink
from gatehouse.flows.accounts.admit_mail import ADMISSION
from gatehouse.flows.accounts.read_profile import Profile
from gatehouse.flows.accounts.register import Register, register
from gatehouse.flows.accounts.resend_verification import ResendVerification, resend_verification
from gatehouse.flows.accounts.verify_registration import VerifyRegistration, verify_registration
from gatehouse.http.api import Api
from gatehouse.http.replies import ACCEPTED, Reply
from gatehouse.http.requests import Request

handler = api = Api()


@api.route(
    "POST",
    "/register",
    limit=limits.REGISTER,
    body=Register,
    status=201,
    returns=Profile,
    other_statuses={202: "The address must be verified: an email says how to continue"},
    errors=(EmailTaken, *ADMISSION),
)
def post_register(request: Request[Register]) -> Profile | Reply:
    """Register an account.

    Where addresses must be verified, `POST /register/verify` creates the account, and the response
    here is the same whether or not the address has an account.
    """
    return register(request.backend, request.body, request.device) or ACCEPTED


@api.route(
    "POST",
    "/register/verify",
    limit=limits.VERIFY,
    body=VerifyRegistration,
    status=204,
    errors=(InvalidLink, InvalidCredentials),
)
def post_verify(request: Request[VerifyRegistration]) -> None:
    """Verify the email address of a registration, which creates the account.

    Does not sign the user in.
    """
    verify_registration(request.backend, request.body, request.device)


@api.route(
    "POST",
    "/register/resend",
    limit=limits.ASK_FOR_MAIL,
    body=ResendVerification,
    status=202,
    errors=ADMISSION,
)
def post_resend(request: Request[ResendVerification]) -> None:
    """Send the verification email of a registration again.

    The response is the same whether or not a registration is waiting.
    """
    resend_verification(request.backend, request.body, request.device)
