"""POST /login"""

import jwt
import pytest

from tests.support.calls import recorded
from tests.support.events import http
from tests.support.functions import Answer, serve
from tests.support.world import PASSWORD, PUBLIC_URL, START, World, published

EMAIL = "ada@example.com"


def post(world: World, email: str = EMAIL, password: str = PASSWORD) -> Answer:
    event = http("post-login", {"email": email, "password": password})
    return serve("login", world.backend)(event)


def test_sample_signs_in(world: World) -> None:
    world.user(EMAIL)
    answer = serve("login", world.backend)(http("post-login"))
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 900)


def test_tokens_are_stored_by_nobody(world: World) -> None:
    world.user(EMAIL)
    assert post(world).headers["cache-control"] == "no-store"


def test_access_token_is_verified_with_the_published_keys(world: World) -> None:
    user = world.user(EMAIL)
    token = post(world).json["access_token"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(each for each in published()["keys"] if each["kid"] == kid)
    claims = jwt.decode(
        token,
        jwt.PyJWK(key),
        algorithms=["RS256"],
        audience="gatehouse",
        issuer=PUBLIC_URL,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["sub"], claims["client_id"]) == (user.id, "gatehouse")
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (START, START + 900, START)
    assert claims["amr"] == ["pwd"]


def test_session_notes_where_the_gateway_saw_its_device(world: World) -> None:
    user = world.user(EMAIL)
    identity = world.backend.keys.verify_access(post(world).json["access_token"])
    session = world.backend.accounts.sessions.get(user.id, identity.session_id)
    assert session
    assert session.address == "198.51.100.7"


def test_unknown_address_and_wrong_password_get_the_same_answer(world: World) -> None:
    world.user(EMAIL)
    wrong, unknown = post(world, password="wrong"), post(world, "eve@example.com")
    assert (wrong.status, wrong.code) == (401, "invalid_credentials")
    assert wrong == unknown


def test_unknown_address_and_wrong_password_make_the_same_calls(world: World) -> None:
    world.user(EMAIL)
    _ = world.backend.keys.peppers
    made = []
    for email in (EMAIL, "eve@example.com"):
        with recorded() as calls:
            post(world, email, "wrong")
        made.append([call.operation for call in calls])
    counted = ["UpdateItem", "GetItem", "UpdateItem", "UpdateItem"]
    assert made == [[*counted, "GetItem", "GetItem"]] * 2


def test_wrong_password_challenges_without_an_error(world: World) -> None:
    assert post(world).headers["www-authenticate"] == 'Bearer realm="gatehouse"'


def test_wrong_password_changes_nothing(world: World) -> None:
    world.user(EMAIL)
    items = world.accounts()
    post(world, password="wrong")
    assert world.accounts() == items


def test_disabled_account_is_told_after_the_right_password(world: World) -> None:
    world.user(EMAIL, disabled=True)
    answer = post(world)
    assert (answer.status, answer.code) == (403, "account_disabled")


def test_disabled_account_is_not_told_after_a_wrong_password(world: World) -> None:
    world.user(EMAIL, disabled=True)
    assert post(world, password="wrong") == post(world, "eve@example.com")


@pytest.mark.parametrize("password", ["a" * 73, "🐘" * 64, "a" * 256])
def test_password_beyond_the_limit_of_bcrypt_signs_in(world: World, password: str) -> None:
    world.user(EMAIL, password=password)
    assert post(world, password=password).status == 200
    assert post(world, password=password[:-1] + "b").status == 401


@pytest.mark.parametrize("email", [EMAIL, "eve@example.com"])
def test_password_of_a_megabyte_is_too_large_for_known_and_unknown(
    world: World, email: str
) -> None:
    world.user(EMAIL)
    with recorded() as calls:
        answer = post(world, email, "a" * 10**6)
    assert (answer.status, answer.code, calls) == (413, "body_too_large", [])


def test_eleventh_guess_at_an_account_is_refused_before_any_hash(world: World) -> None:
    world.user(EMAIL)
    answers = [post(world, password="wrong").status for _ in range(10)]
    with recorded() as calls:
        last = post(world)
    assert answers == [401] * 10
    assert (last.status, last.code) == (429, "too_many_requests")
    assert {call.params["Key"]["pk"]["S"].partition("#")[0] for call in calls} == {"LIMIT"}


def test_guesses_at_an_unknown_address_are_counted_alike(world: World) -> None:
    world.user(EMAIL)
    counted = [[post(world, email, "wrong") for _ in range(11)] for email in (EMAIL, "e@e.co")]
    assert counted[0] == counted[1]
