"""Refresh or end a session as the standards define it."""

import pytest

from gatehouse.errors import InvalidGrant, UnsupportedGrant
from gatehouse.flows.sign_in.exchange_token import (
    ExchangeToken,
    RevokeToken,
    exchange_token,
    revoke_token,
)
from gatehouse.flows.sign_in.start_session import Tokens
from harness.moto_backend import MotoBackend
from tests.support.people import PHONE, person


def exchange(moto: MotoBackend, **form: str) -> Tokens:
    request = ExchangeToken.model_validate({"grant_type": "refresh_token", **form})
    return exchange_token(moto.backend, request, PHONE)


def revoke(moto: MotoBackend, token: str) -> None:
    revoke_token(moto.backend, RevokeToken(token=token), PHONE)


def test_refresh_token_gives_new_tokens(moto: MotoBackend) -> None:
    ada = person(moto)
    tokens = exchange(moto, refresh_token=ada.tokens.refresh_token)
    assert moto.backend.keys.verify_access(tokens.access_token).session_id == ada.session_id


def test_own_client_may_name_itself(moto: MotoBackend) -> None:
    ada = person(moto)
    client_id = moto.backend.settings.client_id
    assert exchange(moto, refresh_token=ada.tokens.refresh_token, client_id=client_id)


def test_token_is_not_for_another_client(moto: MotoBackend) -> None:
    ada = person(moto)
    with pytest.raises(InvalidGrant):
        exchange(moto, refresh_token=ada.tokens.refresh_token, client_id="other")


def test_refusal_of_another_client_uses_nothing_up(moto: MotoBackend) -> None:
    ada = person(moto)
    with pytest.raises(InvalidGrant):
        exchange(moto, refresh_token=ada.tokens.refresh_token, client_id="other")
    session = moto.backend.accounts.sessions.get(ada.user.id, ada.session_id)
    assert session
    assert session.counter == 0


@pytest.mark.parametrize("grant", ["password", "authorization_code", "", "REFRESH_TOKEN"])
def test_other_grants_are_not_supported(moto: MotoBackend, grant: str) -> None:
    with pytest.raises(UnsupportedGrant):
        exchange(moto, grant_type=grant, refresh_token="x")


def test_missing_refresh_token_is_refused(moto: MotoBackend) -> None:
    with pytest.raises(InvalidGrant):
        exchange(moto)


def test_revoked_session_gives_no_tokens(moto: MotoBackend) -> None:
    ada = person(moto)
    revoke(moto, ada.tokens.refresh_token)
    with pytest.raises(InvalidGrant):
        exchange(moto, refresh_token=ada.tokens.refresh_token)


def test_unknown_token_is_revoked_without_an_error(moto: MotoBackend) -> None:
    ada = person(moto)
    revoke(moto, "unknown")
    revoke(moto, ada.tokens.access_token)
    assert exchange(moto, refresh_token=ada.tokens.refresh_token)
