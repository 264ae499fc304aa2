"""GET /profile, PATCH /profile"""

import pytest

from tests.support.events import body_of, http
from tests.support.forgery import forged
from tests.support.functions import Answer, serve
from tests.support.world import World

BAD = (
    'Bearer realm="gatehouse", error="invalid_token", '
    'error_description="The access token is not valid"'
)
ROUTES = ["get-profile", "patch-profile"]


def ask(world: World, name: str, authorization: str | None) -> Answer:
    event = http(name, headers={"authorization": authorization})
    return serve("profile", world.backend)(event)


def patch(world: World, token: str, body: object) -> Answer:
    return serve("profile", world.backend)(http("patch-profile", body, token=token))


def test_profile_is_that_of_the_caller(world: World) -> None:
    user = world.user("ada@example.com", name="Ada")
    answer = ask(world, "get-profile", f"Bearer {world.access_token(user)}")
    assert answer.status == 200
    assert answer.json == {
        "id": user.id,
        "email": "ada@example.com",
        "name": "Ada",
        "email_verified": False,
        "created_at": "2027-01-15T08:00:00Z",
    }


@pytest.mark.parametrize("name", ROUTES)
def test_profile_is_stored_by_nobody(world: World, name: str) -> None:
    answer = ask(world, name, f"Bearer {world.access_token(world.user())}")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("authorization", [None, "", "Basic YTpi"])
def test_request_without_a_token_is_challenged_without_an_error(
    world: World, name: str, authorization: str | None
) -> None:
    answer = ask(world, name, authorization)
    assert (answer.status, answer.code) == (401, "missing_token")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gatehouse"'


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("token", ["", "ACCESS_TOKEN", "a.b.c", "x" * 10_000])
def test_bad_token_is_challenged_with_its_error(world: World, name: str, token: str) -> None:
    answer = ask(world, name, f"Bearer {token}")
    assert (answer.status, answer.code) == (401, "invalid_token")
    assert answer.headers["www-authenticate"] == BAD


@pytest.mark.parametrize("name", ROUTES)
def test_expired_token_is_refused(world: World, name: str) -> None:
    token = world.access_token(world.user())
    world.clock.advance(900)
    answer = ask(world, name, f"Bearer {token}")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, BAD)


@pytest.mark.parametrize("name", ROUTES)
def test_token_of_another_issuer_is_refused(world: World, name: str) -> None:
    assert ask(world, name, f"Bearer {forged()}").status == 401


@pytest.mark.parametrize("name", ROUTES)
def test_refresh_token_is_no_access_token(world: World, name: str) -> None:
    token = world.sign_in(world.user()).refresh_token
    assert ask(world, name, f"Bearer {token}").code == "invalid_token"


@pytest.mark.parametrize("name", ROUTES)
def test_token_of_a_disabled_user_is_refused(world: World, name: str) -> None:
    user = world.user()
    token = world.access_token(user)
    world.disable(user)
    assert ask(world, name, f"Bearer {token}").code == "invalid_token"


def test_name_is_changed(world: World) -> None:
    token = world.access_token(world.user(name="Ada"))
    answer = patch(world, token, body_of("patch-profile"))
    assert (answer.status, answer.json["name"]) == (200, "Ada Lovelace")
    assert ask(world, "get-profile", f"Bearer {token}").json == answer.json


def test_null_takes_the_name_away(world: World) -> None:
    assert patch(world, world.access_token(world.user()), {"name": None}).json["name"] is None


def test_empty_change_changes_nothing(world: World) -> None:
    token = world.access_token(world.user(name="Ada"))
    items = world.accounts()
    assert patch(world, token, {}).json["name"] == "Ada"
    assert world.accounts() == items


def test_token_of_one_user_does_not_change_another(world: World) -> None:
    other = world.user(name="Eve")
    patch(world, world.access_token(world.user()), {"name": "x"})
    assert world.backend.accounts.users.by_id(other.id) == other


@pytest.mark.parametrize(
    "field",
    ["id", "user_id", "email", "email_verified", "role", "pk", "sk", "ttl", "password_hash"],
)
def test_mass_assignment_is_refused(world: World, field: str) -> None:
    token = world.access_token(world.user(name="Ada"))
    items = world.accounts()
    answer = patch(world, token, {"name": "x", field: "y"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, f"/{field}")
    assert world.accounts() == items


def test_body_of_a_stranger_is_not_read(world: World) -> None:
    event = http("patch-profile", [], headers={"authorization": None})
    assert serve("profile", world.backend)(event).code == "missing_token"


def test_export_holds_everything_about_the_caller(world: World) -> None:
    user = world.user(name="Ada")
    answer = ask(world, "get-profile-export", f"Bearer {world.access_token(user)}")
    assert answer.status == 200
    assert set(answer.json) == {"profile", "sessions", "devices", "email_change", "events"}
    assert answer.json["profile"]["name"] == "Ada"
    assert answer.headers["cache-control"] == "no-store"


def test_export_of_a_session_that_is_over_is_refused(world: World) -> None:
    user = world.user()
    token = world.access_token(user)
    world.disable(user)
    assert ask(world, "get-profile-export", f"Bearer {token}").code == "invalid_token"
