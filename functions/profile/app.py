"""GET /profile, PATCH /profile, GET /profile/export"""

from typing import TYPE_CHECKING

from gatehouse import limits
from gatehouse.flows.accounts.read_profile import Profile, read_profile
from gatehouse.http.api import Api
from gatehouse.http.requests import Request

if TYPE_CHECKING:
    from gatehouse.flows.accounts.change_profile import ChangeProfile
    from gatehouse.flows.lifecycle.export_account import Export

handler = api = Api()


# Reading a profile is the most common request, so it starts without the imports of other routes.


def change() -> "type[ChangeProfile]":
    from gatehouse.flows.accounts.change_profile import ChangeProfile

    return ChangeProfile


def export() -> "type[Export]":
    from gatehouse.flows.lifecycle.export_account import Export

    return Export


@api.route("GET", "/profile", signed_in=True, returns=Profile)
def get_profile(request: Request[None]) -> Profile:
    """Get the signed-in user's profile."""
    return read_profile(request.backend, request.caller)


@api.route(
    "PATCH", "/profile", signed_in=True, limit=limits.USE_SESSION, body=change, returns=Profile
)
def patch_profile(request: "Request[ChangeProfile]") -> Profile:
    """Change the signed-in user's profile.

    Fields that are omitted stay as they are. A field that is `null` is removed.
    """
    from gatehouse.flows.accounts.change_profile import change_profile

    return change_profile(request.backend, request.caller, request.body)


@api.route("GET", "/profile/export", signed_in=True, limit=limits.USE_SESSION, returns=export)
def get_export(request: Request[None]) -> "Export":
    """Export the data of the signed-in user."""
    from gatehouse.flows.lifecycle.export_account import export_account

    return export_account(request.backend, request.caller)
