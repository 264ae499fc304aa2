"""Refresh or end a session as the standards define it (RFC 6749 section 6, RFC 7009)."""

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidGrant, UnsupportedGrant
from gatehouse.flows.accounts.inputs import Input
from gatehouse.flows.sign_in.log_out import log_out
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.identity import Device

REFRESH_TOKEN = "refresh_token"  # noqa: S105  # the name of a grant


class ExchangeToken(Input):
    """The form of a token request. Clients are public: ``client_id`` names them, nothing more."""

    grant_type: str
    refresh_token: str | None = None
    client_id: str | None = None


class RevokeToken(Input):
    """The form of a revocation request."""

    token: str
    token_type_hint: str | None = None
    client_id: str | None = None

    @property
    def refresh_token(self) -> str:
        """The token, by the name that it has in other requests."""
        return self.token


def exchange_token(backend: Backend, request: ExchangeToken, device: Device) -> Tokens:
    """Returns new tokens for a refresh token.

    Raises:
        UnsupportedGrant: the grant type is not ``refresh_token``.
        InvalidGrant: the token is not valid, its session has ended, or it is another client's.
    """
    if request.grant_type != REFRESH_TOKEN:
        raise UnsupportedGrant
    if request.client_id not in (None, backend.settings.client_id):
        raise InvalidGrant
    return refresh_session(backend, request.refresh_token or "", device)


def revoke_token(backend: Backend, request: RevokeToken, device: Device) -> None:
    """Ends the session of a refresh token. Succeeds even if the token is not valid."""
    log_out(backend, request.token, device)
