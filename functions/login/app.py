"""POST /login"""

from gatehouse import limits
from gatehouse.errors import AccountDisabled, InvalidCredentials
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.http.api import Api
from gatehouse.http.replies import Reply
from gatehouse.http.requests import Request
from gatehouse.http.token_replies import token_reply

handler = api = Api()


@api.route(
    "POST",
    "/login",
    limit=limits.LOG_IN,
    body=LogIn,
    returns=Tokens,
    errors=(InvalidCredentials, AccountDisabled),
)
def post_login(request: Request[LogIn]) -> Reply:
    """Sign in with email address and password.

    With `"refresh": "cookie"`, the refresh token is sent as a cookie instead of in the body.
    """
    tokens = log_in(request.backend, request.body, request.device)
    return token_reply(tokens, in_cookie=request.body.refresh == "cookie")
