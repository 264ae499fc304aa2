"""POST /emails/change, POST /emails/confirm"""

from gatehouse import limits
from gatehouse.errors import InvalidLink, InvalidPassword, TooManyRequests
from gatehouse.flows.accounts.admit_mail import ADMISSION
from gatehouse.flows.accounts.confirm_email_change import ConfirmEmailChange, confirm_email_change
from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.http.api import Api
from gatehouse.http.requests import Request

handler = api = Api()


@api.route(
    "POST",
    "/emails/change",
    signed_in=True,
    body=RequestEmailChange,
    status=202,
    errors=(InvalidPassword, TooManyRequests, *ADMISSION),
)
def post_change(request: Request[RequestEmailChange]) -> None:
    """Request a change of the signed-in user's email address.

    Sends a link to the old and to the new address. The address changes once both links were used.
    """
    request_email_change(request.backend, request.caller, request.body, request.device)


@api.route(
    "POST",
    "/emails/confirm",
    limit=limits.USE_LINK,
    body=ConfirmEmailChange,
    status=204,
    errors=(InvalidLink,),
)
def post_confirm(request: Request[ConfirmEmailChange]) -> None:
    """Confirm a change of email address with the token from one of the two emails."""
    confirm_email_change(request.backend, request.body, request.device)
