"""GET /profile, PATCH /profile"""

import pytest

from harness.events import body_of, http
from harness.functions import Answer, serve
from harness.moto_backend import MotoBackend
from tests.support.forgery import forged

BAD = (
    'Bearer realm="gatehouse", error="invalid_token", '
    'error_description="The access token is not valid"'
)
ROUTES = ["get-profile", "patch-profile"]


def ask(moto: MotoBackend, name: str, authorization: str | None) -> Answer:
    event = http(name, headers={"authorization": authorization})
    return serve("profile", moto.backend)(event)


def patch(moto: MotoBackend, token: str, body: object) -> Answer:
    return serve("profile", moto.backend)(http("patch-profile", body, token=token))


def test_profile_is_that_of_the_caller(moto: MotoBackend) -> None:
    user = moto.user("ada@example.com", name="Ada")
    answer = ask(moto, "get-profile", f"Bearer {moto.access_token(user)}")
    assert answer.status == 200
    assert answer.json == {
        "id": user.id,
        "email": "ada@example.com",
        "name": "Ada",
        "email_verified": False,
        "created_at": "2027-01-15T08:00:00Z",
    }


@pytest.mark.parametrize("name", ROUTES)
def test_profile_is_stored_by_nobody(moto: MotoBackend, name: str) -> None:
    answer = ask(moto, name, f"Bearer {moto.access_token(moto.user())}")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("authorization", [None, "", "Basic YTpi"])
def test_request_without_a_token_is_challenged_without_an_error(
    moto: MotoBackend, name: str, authorization: str | None
) -> None:
    answer = ask(moto, name, authorization)
    assert (answer.status, answer.code) == (401, "missing_token")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gatehouse"'


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("token", ["", "ACCESS_TOKEN", "a.b.c", "x" * 10_000])
def test_bad_token_is_challenged_with_its_error(moto: MotoBackend, name: str, token: str) -> None:
    answer = ask(moto, name, f"Bearer {token}")
    assert (answer.status, answer.code) == (401, "invalid_token")
    assert answer.headers["www-authenticate"] == BAD


@pytest.mark.parametrize("name", ROUTES)
def test_expired_token_is_refused(moto: MotoBackend, name: str) -> None:
    token = moto.access_token(moto.user())
    moto.clock.advance(900)
    answer = ask(moto, name, f"Bearer {token}")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, BAD)


@pytest.mark.parametrize("name", ROUTES)
def test_token_of_another_issuer_is_refused(moto: MotoBackend, name: str) -> None:
    assert ask(moto, name, f"Bearer {forged()}").status == 401


@pytest.mark.parametrize("name", ROUTES)
def test_refresh_token_is_no_access_token(moto: MotoBackend, name: str) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    assert ask(moto, name, f"Bearer {token}").code == "invalid_token"


@pytest.mark.parametrize("name", ROUTES)
def test_token_of_a_disabled_user_is_refused(moto: MotoBackend, name: str) -> None:
    user = moto.user()
    token = moto.access_token(user)
    moto.disable(user)
    assert ask(moto, name, f"Bearer {token}").code == "invalid_token"


def test_name_is_changed(moto: MotoBackend) -> None:
    token = moto.access_token(moto.user(name="Ada"))
    answer = patch(moto, token, body_of("patch-profile"))
    assert (answer.status, answer.json["name"]) == (200, "Ada Lovelace")
    assert ask(moto, "get-profile", f"Bearer {token}").json == answer.json


def test_null_takes_the_name_away(moto: MotoBackend) -> None:
    assert patch(moto, moto.access_token(moto.user()), {"name": None}).json["name"] is None


def test_empty_change_changes_nothing(moto: MotoBackend) -> None:
    token = moto.access_token(moto.user(name="Ada"))
    items = moto.accounts()
    assert patch(moto, token, {}).json["name"] == "Ada"
    assert moto.accounts() == items


def test_token_of_one_user_does_not_change_another(moto: MotoBackend) -> None:
    other = moto.user(name="Eve")
    patch(moto, moto.access_token(moto.user()), {"name": "x"})
    assert moto.backend.accounts.users.by_id(other.id) == other


@pytest.mark.parametrize(
    "field",
    ["id", "user_id", "email", "email_verified", "role", "pk", "sk", "ttl", "password_hash"],
)
def test_mass_assignment_is_refused(moto: MotoBackend, field: str) -> None:
    token = moto.access_token(moto.user(name="Ada"))
    items = moto.accounts()
    answer = patch(moto, token, {"name": "x", field: "y"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, f"/{field}")
    assert moto.accounts() == items


def test_body_of_a_stranger_is_not_read(moto: MotoBackend) -> None:
    event = http("patch-profile", [], headers={"authorization": None})
    assert serve("profile", moto.backend)(event).code == "missing_token"


def test_export_holds_everything_about_the_caller(moto: MotoBackend) -> None:
    user = moto.user(name="Ada")
    answer = ask(moto, "get-profile-export", f"Bearer {moto.access_token(user)}")
    assert answer.status == 200
    parts = {"profile", "sessions", "devices", "email_change", "events", "messages"}
    assert set(answer.json) == parts
    assert answer.json["profile"]["name"] == "Ada"
    assert answer.headers["cache-control"] == "no-store"


def test_export_of_a_session_that_is_over_is_refused(moto: MotoBackend) -> None:
    user = moto.user()
    token = moto.access_token(user)
    moto.disable(user)
    assert ask(moto, "get-profile-export", f"Bearer {token}").code == "invalid_token"
