"""POST /register"""

from gatehouse.errors import EmailTaken
from gatehouse.flows.read_profile import Profile
from gatehouse.flows.register import Register, register
from gatehouse.http.api import Api, Request

handler = api = Api()


@api.route("POST", "/register", status=201, body=Register, gives=Profile, refuses=(EmailTaken,))
def post_register(request: Request[Register]) -> Profile:
    """Register an account."""
    return register(request.backend, request.body)
