"""Start a session: what the first tokens say."""

import jwt

from gatehouse.flows.start_session import start_session, tokens_of
from gatehouse.identity import Device
from gatehouse.tokens import ACCESS_LIFE, RefreshToken, verify_refresh
from tests.support.world import START, World


def claims(token: str) -> dict[str, object]:
    found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_answer_has_the_names_of_rfc_6749(world: World) -> None:
    tokens = start_session(world.backend, world.user(), Device())
    assert (tokens.token_type, tokens.expires_in) == ("Bearer", ACCESS_LIFE)


def test_both_tokens_are_of_one_session(world: World) -> None:
    user = world.user()
    tokens = start_session(world.backend, user, Device())
    identity = world.backend.verify_access(tokens.access_token)
    place = verify_refresh(tokens.refresh_token, world.backend.refresh_keys)
    assert place == RefreshToken(user.id, identity.session_id, 0)


def test_session_is_written_before_its_tokens_are_given(world: World) -> None:
    tokens = start_session(world.backend, world.user(), Device())
    identity = world.backend.verify_access(tokens.access_token)
    assert world.backend.sessions.get(identity.user_id, identity.session_id)


def test_later_tokens_say_when_the_password_was_given(world: World) -> None:
    user = world.user()
    identity = world.backend.verify_access(world.access_token(user))
    session = world.backend.sessions.get(user.id, identity.session_id)
    assert session
    world.clock.advance(3600)
    later = claims(tokens_of(world.backend, session).access_token)
    assert (later["auth_time"], later["iat"]) == (START, START + 3600)
