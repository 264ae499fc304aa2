"""POST /login"""

from gatehouse.errors import AccountDisabled, InvalidCredentials
from gatehouse.flows.log_in import LogIn, log_in
from gatehouse.flows.start_session import Tokens
from gatehouse.http.api import Api, Request

handler = api = Api()


@api.route(
    "POST", "/login", body=LogIn, gives=Tokens, refuses=(InvalidCredentials, AccountDisabled)
)
def post_login(request: Request[LogIn]) -> Tokens:
    """Sign in with e-mail address and password."""
    return log_in(request.backend, request.body, request.device)
