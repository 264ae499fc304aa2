"""POST /login"""

import jwt
import pytest

from harness.events import http
from harness.functions import Answer, serve
from harness.moto_backend import PASSWORD, PUBLIC_URL, START, MotoBackend, published
from tests.support.calls import recorded

EMAIL = "ada@example.com"


def post(moto: MotoBackend, email: str = EMAIL, password: str = PASSWORD) -> Answer:
    event = http("post-login", {"email": email, "password": password})
    return serve("login", moto.backend)(event)


def test_sample_signs_in(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    answer = serve("login", moto.backend)(http("post-login"))
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 900)


def test_tokens_are_stored_by_nobody(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    assert post(moto).headers["cache-control"] == "no-store"


def test_access_token_is_verified_with_the_published_keys(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    token = post(moto).json["access_token"]
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


def test_session_notes_where_the_gateway_saw_its_device(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    identity = moto.backend.keys.verify_access(post(moto).json["access_token"])
    session = moto.backend.accounts.sessions.get(user.id, identity.session_id)
    assert session
    assert session.address == "198.51.100.7"


def test_unknown_address_and_wrong_password_get_the_same_answer(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    wrong, unknown = post(moto, password="wrong"), post(moto, "eve@example.com")
    assert (wrong.status, wrong.code) == (401, "invalid_credentials")
    assert wrong == unknown


def test_unknown_address_and_wrong_password_make_the_same_calls(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    _ = moto.backend.keys.peppers
    operations = []
    for email in (EMAIL, "eve@example.com"):
        with recorded() as calls:
            post(moto, email, "wrong")
        operations.append([call.operation for call in calls])
    counted = ["UpdateItem", "GetItem", "UpdateItem", "UpdateItem"]
    assert operations == [[*counted, "GetItem", "GetItem", "TransactWriteItems"]] * 2


def test_wrong_password_challenges_without_an_error(moto: MotoBackend) -> None:
    assert post(moto).headers["www-authenticate"] == 'Bearer realm="gatehouse"'


def test_wrong_password_adds_an_event_and_changes_nothing_else(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    items = moto.accounts()
    post(moto, password="wrong")
    added = [item for item in moto.accounts() if item not in items]
    assert [item["tag"]["S"] for item in added] == ["system:session:refuse"]
    assert [item for item in moto.accounts() if item not in added] == items


def test_disabled_account_is_told_after_the_right_password(moto: MotoBackend) -> None:
    moto.user(EMAIL, disabled=True)
    answer = post(moto)
    assert (answer.status, answer.code) == (403, "account_disabled")


def test_disabled_account_is_not_told_after_a_wrong_password(moto: MotoBackend) -> None:
    moto.user(EMAIL, disabled=True)
    assert post(moto, password="wrong") == post(moto, "eve@example.com")


@pytest.mark.parametrize("password", ["a" * 73, "🐘" * 64, "a" * 256])
def test_password_beyond_the_limit_of_bcrypt_signs_in(moto: MotoBackend, password: str) -> None:
    moto.user(EMAIL, password=password)
    assert post(moto, password=password).status == 200
    assert post(moto, password=password[:-1] + "b").status == 401


@pytest.mark.parametrize("email", [EMAIL, "eve@example.com"])
def test_password_of_a_megabyte_is_too_large_for_known_and_unknown(
    moto: MotoBackend, email: str
) -> None:
    moto.user(EMAIL)
    with recorded() as calls:
        answer = post(moto, email, "a" * 10**6)
    assert (answer.status, answer.code, calls) == (413, "body_too_large", [])


def test_eleventh_guess_at_an_account_is_refused_before_any_hash(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    answers = [post(moto, password="wrong").status for _ in range(10)]
    with recorded() as calls:
        last = post(moto)
    assert answers == [401] * 10
    assert (last.status, last.code) == (429, "too_many_requests")
    assert {call.params["Key"]["pk"]["S"].partition("#")[0] for call in calls} == {"LIMIT"}


def test_guesses_at_an_unknown_address_are_counted_alike(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    counted = [[post(moto, email, "wrong") for _ in range(11)] for email in (EMAIL, "e@e.co")]
    assert counted[0] == counted[1]
