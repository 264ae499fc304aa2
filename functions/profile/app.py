"""GET /profile, PATCH /profile, GET /profile/export"""

from typing import TYPE_CHECKING

from gatehouse.flows.accounts.read_profile import Profile, read_profile
from gatehouse.http.api import Api, Request

if TYPE_CHECKING:
    from gatehouse.flows.accounts.change_profile import ChangeProfile
    from gatehouse.flows.lifecycle.export_account import Export

handler = api = Api()


# Reading a profile, the commonest request, starts without what changes and exports need.


def change() -> "type[ChangeProfile]":
    from gatehouse.flows.accounts.change_profile import ChangeProfile

    return ChangeProfile


def export() -> "type[Export]":
    from gatehouse.flows.lifecycle.export_account import Export

    return Export


@api.route("GET", "/profile", signed_in=True, returns=Profile)
def get_profile(request: Request[None]) -> Profile:
    """Read one's own profile."""
    return read_profile(request.backend, request.caller)


@api.route("PATCH", "/profile", signed_in=True, body=change, returns=Profile)
def patch_profile(request: "Request[ChangeProfile]") -> Profile:
    """Change one's own profile."""
    from gatehouse.flows.accounts.change_profile import change_profile

    return change_profile(request.backend, request.caller, request.body)


@api.route("GET", "/profile/export", signed_in=True, returns=export)
def get_export(request: Request[None]) -> "Export":
    """Export everything that is kept about oneself."""
    from gatehouse.flows.lifecycle.export_account import export_account

    return export_account(request.backend, request.caller)
