"""GET /, GET /.well-known/*"""

from gatehouse.flows.sign_in.describe_server import (
    Health,
    KeySet,
    ServerMetadata,
    check_health,
    describe_server,
    read_keys,
)
from gatehouse.http.api import Api
from gatehouse.http.requests import Request

handler = api = Api()

PUBLIC = {"Cache-Control": "public, max-age=300"}


@api.route("GET", "/", returns=Health)
def get_health(_: Request[None]) -> Health:
    """Check that the service is up."""
    return check_health()


@api.route("GET", "/.well-known/jwks.json", returns=KeySet, headers=PUBLIC)
def get_keys(request: Request[None]) -> KeySet:
    """Get the public keys of access tokens."""
    return read_keys(request.backend)


@api.route("GET", "/.well-known/openid-configuration", returns=ServerMetadata, headers=PUBLIC)
def get_openid_configuration(request: Request[None]) -> ServerMetadata:
    """Get the server metadata as OpenID Connect clients discover it."""
    return describe_server(request.backend)


@api.route("GET", "/.well-known/oauth-authorization-server", returns=ServerMetadata, headers=PUBLIC)
def get_authorization_server(request: Request[None]) -> ServerMetadata:
    """Get the server metadata as OAuth clients discover it (RFC 8414)."""
    return describe_server(request.backend)
