"""The standard face of refreshing and ending a session."""

import pytest

from gatehouse.errors import InvalidGrant, UnsupportedGrant
from gatehouse.flows.sign_in.exchange_token import (
    ExchangeToken,
    RevokeToken,
    exchange_token,
    revoke_token,
)
from gatehouse.flows.sign_in.start_session import Tokens
from tests.support.people import PHONE, person
from tests.support.world import World


def exchange(world: World, **form: str) -> Tokens:
    request = ExchangeToken.model_validate({"grant_type": "refresh_token", **form})
    return exchange_token(world.backend, request, PHONE)


def revoke(world: World, token: str) -> None:
    revoke_token(world.backend, RevokeToken(token=token), PHONE)


def test_refresh_token_gives_new_tokens(world: World) -> None:
    ada = person(world)
    tokens = exchange(world, refresh_token=ada.tokens.refresh_token)
    assert world.backend.keys.verify_access(tokens.access_token).session_id == ada.session_id


def test_own_client_may_name_itself(world: World) -> None:
    ada = person(world)
    client_id = world.backend.settings.client_id
    assert exchange(world, refresh_token=ada.tokens.refresh_token, client_id=client_id)


def test_token_is_not_for_another_client(world: World) -> None:
    ada = person(world)
    with pytest.raises(InvalidGrant):
        exchange(world, refresh_token=ada.tokens.refresh_token, client_id="other")


def test_refusal_of_another_client_uses_nothing_up(world: World) -> None:
    ada = person(world)
    with pytest.raises(InvalidGrant):
        exchange(world, refresh_token=ada.tokens.refresh_token, client_id="other")
    session = world.backend.accounts.sessions.get(ada.user.id, ada.session_id)
    assert session
    assert session.counter == 0


@pytest.mark.parametrize("grant", ["password", "authorization_code", "", "REFRESH_TOKEN"])
def test_other_grants_are_not_supported(world: World, grant: str) -> None:
    with pytest.raises(UnsupportedGrant):
        exchange(world, grant_type=grant, refresh_token="x")


def test_missing_refresh_token_is_refused(world: World) -> None:
    with pytest.raises(InvalidGrant):
        exchange(world)


def test_revoked_session_gives_no_tokens(world: World) -> None:
    ada = person(world)
    revoke(world, ada.tokens.refresh_token)
    with pytest.raises(InvalidGrant):
        exchange(world, refresh_token=ada.tokens.refresh_token)


def test_unknown_token_is_revoked_without_an_error(world: World) -> None:
    ada = person(world)
    revoke(world, "unknown")
    revoke(world, ada.tokens.access_token)
    assert exchange(world, refresh_token=ada.tokens.refresh_token)
