"""GET /, GET /.well-known/*"""

from gatehouse.flows.sign_in.describe_server import (
    Health,
    KeySet,
    ServerMetadata,
    check_health,
    describe_server,
    read_keys,
)
from gatehouse.http.api import Api, Request

handler = api = Api()

PUBLIC = {"Cache-Control": "public, max-age=300"}


@api.route("GET", "/", returns=Health)
def get_health(_: Request[None]) -> Health:
    """Say that the service is there."""
    return check_health()


@api.route("GET", "/.well-known/jwks.json", returns=KeySet, headers=PUBLIC)
def get_keys(request: Request[None]) -> KeySet:
    """The public keys of access tokens."""
    return read_keys(request.backend)


@api.route("GET", "/.well-known/openid-configuration", returns=ServerMetadata, headers=PUBLIC)
def get_openid_configuration(request: Request[None]) -> ServerMetadata:
    """Discovery by OpenID Connect clients."""
    return describe_server(request.backend)


@api.route("GET", "/.well-known/oauth-authorization-server", returns=ServerMetadata, headers=PUBLIC)
def get_authorization_server(request: Request[None]) -> ServerMetadata:
    """Discovery by OAuth clients (RFC 8414)."""
    return describe_server(request.backend)
