"""POST /passwords/forgot, POST /passwords/reset, PUT /password, DELETE /profile"""

from gatehouse import limits
from gatehouse.errors import InvalidLink, InvalidPassword, TooManyRequests
from gatehouse.flows.accounts.admit_mail import ADMISSION
from gatehouse.flows.accounts.change_password import ChangePassword, change_password
from gatehouse.flows.accounts.request_password_reset import (
    RequestPasswordReset,
    request_password_reset,
)
from gatehouse.flows.accounts.reset_password import ResetPassword, reset_password
from gatehouse.flows.lifecycle.delete_account import DeleteAccount, delete_account
from gatehouse.http.api import Api
from gatehouse.http.requests import Request

handler = api = Api()


@api.route(
    "POST",
    "/passwords/forgot",
    limit=limits.ASK_FOR_MAIL,
    body=RequestPasswordReset,
    status=202,
    errors=ADMISSION,
)
def post_forgot(request: Request[RequestPasswordReset]) -> None:
    """Request an email with a link to choose a new password.

    The response is the same whether or not the address has an account.
    """
    request_password_reset(request.backend, request.body, request.device)


@api.route(
    "POST",
    "/passwords/reset",
    limit=limits.USE_LINK,
    body=ResetPassword,
    status=204,
    errors=(InvalidLink,),
)
def post_reset(request: Request[ResetPassword]) -> None:
    """Choose a new password with the token from the email.

    Ends every session of the user. Does not sign the user in.
    """
    reset_password(request.backend, request.body, request.device)


@api.route(
    "PUT",
    "/password",
    signed_in=True,
    body=ChangePassword,
    status=204,
    errors=(InvalidPassword, TooManyRequests),
)
def put_password(request: Request[ChangePassword]) -> None:
    """Change the signed-in user's password.

    Ends every other session of the user.
    """
    change_password(request.backend, request.caller, request.body, request.device)


@api.route(
    "DELETE",
    "/profile",
    signed_in=True,
    body=DeleteAccount,
    status=204,
    errors=(InvalidPassword, TooManyRequests),
)
def delete_profile(request: Request[DeleteAccount]) -> None:
    """Delete the signed-in user's account.

    Removes the profile, sessions, devices, events and personal messages. Messages posted in shared
    channels stay until they expire there.
    """
    delete_account(request.backend, request.caller, request.body, request.device)
