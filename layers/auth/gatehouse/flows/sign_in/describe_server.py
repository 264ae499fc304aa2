"""Describe the server to everyone: its health, its public keys and its metadata."""

from dataclasses import dataclass

from gatehouse import __version__
from gatehouse.backend.root import Backend


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the service."""

    status: str
    version: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA JSON Web Key (RFC 7517, RFC 7518 section 6.3.1)."""

    kty: str
    n: str
    e: str
    kid: str
    alg: str
    use: str


@dataclass(frozen=True, slots=True)
class KeySet:
    """A JSON Web Key Set (RFC 7517 section 5)."""

    keys: list[PublicKey]


@dataclass(frozen=True, slots=True)
class ServerMetadata:
    """The metadata of an authorization server (RFC 8414, OpenID Connect Discovery 1.0)."""

    issuer: str
    jwks_uri: str
    token_endpoint: str
    revocation_endpoint: str
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    grant_types_supported: list[str]
    response_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]


def check_health() -> Health:
    """Reports that the service is up.

    Checks nothing else, so a failing table does not take healthy functions out of service.
    """
    return Health("ok", __version__)


def read_keys(backend: Backend) -> KeySet:
    """Returns the public keys of access tokens.

    Raises:
        Unavailable: the keys are not published yet, or cannot be read.
    """
    return KeySet([PublicKey(**key) for key in backend.keys.public_keys.read()["keys"]])


def describe_server(backend: Backend) -> ServerMetadata:
    """Returns the document for both discovery URLs. Its issuer equals the issuer of the tokens.

    Lists no password grant: OAuth 2.1 has none, and ``POST /login`` is not an OAuth endpoint.
    """
    issuer = backend.settings.require("public_url")
    return ServerMetadata(
        issuer=issuer,
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        token_endpoint=f"{issuer}/token",
        revocation_endpoint=f"{issuer}/revoke",
        token_endpoint_auth_methods_supported=["none"],
        revocation_endpoint_auth_methods_supported=["none"],
        grant_types_supported=["refresh_token"],
        response_types_supported=[],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
    )
