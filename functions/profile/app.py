"""GET /profile, PATCH /profile, GET /profile/export"""

from typing import TYPE_CHECKING

from gatehouse.flows.accounts.read_profile import Profile, read_profile
from gatehouse.flows.lifecycle.export_account import Export, export_account
from gatehouse.http.api import Api, Request

if TYPE_CHECKING:
    from gatehouse.flows.accounts.change_profile import ChangeProfile

handler = api = Api()


def profile_change() -> "type[ChangeProfile]":
    # Imported by the request that needs it: reading a profile, the commonest one, starts without
    # pydantic.
    from gatehouse.flows.accounts.change_profile import ChangeProfile

    return ChangeProfile


@api.route("GET", "/profile", signed_in=True, returns=Profile)
def get_profile(request: Request[None]) -> Profile:
    """Read one's own profile."""
    return read_profile(request.backend, request.caller)


@api.route("PATCH", "/profile", signed_in=True, body=profile_change, returns=Profile)
def patch_profile(request: "Request[ChangeProfile]") -> Profile:
    """Change one's own profile."""
    from gatehouse.flows.accounts.change_profile import change_profile

    return change_profile(request.backend, request.caller, request.body)


@api.route("GET", "/profile/export", signed_in=True, returns=Export)
def get_export(request: Request[None]) -> Export:
    """Export everything that is kept about oneself."""
    return export_account(request.backend, request.caller)
