"""Accounts on the local stack, over real HTTP."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from harness.local_stack import LocalStack

PASSWORD = "correct horse battery staple"
KILOBYTES_64 = 64 * 1024


@pytest.fixture(scope="module")
def api(stack: LocalStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.http, timeout=30) as client:
        yield client


@dataclass(frozen=True)
class Account:
    """Someone who is registered and signed in."""

    email: str
    id: str
    tokens: dict[str, Any]

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


def new_email() -> str:
    return f"user-{secrets.token_hex(8)}@example.com"


def log_in(api: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return api.post("/login", json={"email": email, "password": password})


def refresh(api: httpx.Client, token: str) -> httpx.Response:
    return api.post("/sessions/refresh", json={"refresh_token": token})


@pytest.fixture
def account(api: httpx.Client) -> Account:
    email = new_email()
    registration = api.post("/register", json={"email": email, "password": PASSWORD, "name": "Ada"})
    assert registration.status_code == 201, registration.text
    signed_in = log_in(api, email)
    assert signed_in.status_code == 200, signed_in.text
    return Account(email, registration.json()["id"], signed_in.json())


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# Accounts and profiles.


def test_account_has_its_profile(api: httpx.Client, account: Account) -> None:
    profile = api.get("/profile", headers=account.bearer).json()
    assert (profile["id"], profile["email"], profile["name"]) == (account.id, account.email, "Ada")


def test_profile_is_changed(api: httpx.Client, account: Account) -> None:
    changed = api.patch("/profile", headers=account.bearer, json={"name": "Countess"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Countess")
    assert api.get("/profile", headers=account.bearer).json() == changed.json()


def test_address_is_registered_once(api: httpx.Client, account: Account) -> None:
    again = api.post("/register", json={"email": account.email.upper(), "password": PASSWORD})
    assert_problem(again, 409, "email_taken")


def test_short_password_is_refused(api: httpx.Client) -> None:
    answer = api.post("/register", json={"email": new_email(), "password": "short"})
    assert_problem(answer, 422, "invalid_input")


def test_unknown_address_and_wrong_password_get_the_same_answer(
    api: httpx.Client, account: Account
) -> None:
    answers = [log_in(api, account.email, "wrong"), log_in(api, new_email(), "wrong")]
    documents = [{**answer.json(), "request_id": ""} for answer in answers]
    assert documents[0] == documents[1]
    for answer in answers:
        assert_problem(answer, 401, "invalid_credentials")


def test_passwords_that_share_their_first_72_bytes_are_two(api: httpx.Client) -> None:
    email = new_email()
    start = "umbrella " * 8
    api.post("/register", json={"email": email, "password": start + "x"})
    assert log_in(api, email, start + "y").status_code == 401
    assert log_in(api, email, start + "x").status_code == 200


# Tokens and sessions.


def test_tokens_are_stored_by_nobody(api: httpx.Client, account: Account) -> None:
    assert log_in(api, account.email).headers["cache-control"] == "no-store"


def test_access_token_is_verified_with_the_published_keys(
    api: httpx.Client, account: Account, stack: LocalStack
) -> None:
    token = account.tokens["access_token"]
    keys = jwt.PyJWKSet.from_dict(api.get("/.well-known/jwks.json").json())
    claims = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        audience="gatehouse",
        issuer=stack.http,
    )
    assert claims["sub"] == account.id


def test_published_keys_may_be_kept_for_five_minutes(api: httpx.Client) -> None:
    headers = api.get("/.well-known/jwks.json").headers
    assert headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
def test_issuer_is_the_address_of_the_api(api: httpx.Client, stack: LocalStack, name: str) -> None:
    assert api.get(f"/.well-known/{name}").json()["issuer"] == stack.http


def test_session_is_refreshed(api: httpx.Client, account: Account) -> None:
    second = refresh(api, account.tokens["refresh_token"])
    assert second.status_code == 200
    bearer = {"Authorization": f"Bearer {second.json()['access_token']}"}
    assert api.get("/profile", headers=bearer).json()["id"] == account.id


def test_same_refresh_right_after_it_gives_the_same_successor(
    api: httpx.Client, account: Account
) -> None:
    one, two = (refresh(api, account.tokens["refresh_token"]).json() for _ in range(2))
    assert one["refresh_token"] == two["refresh_token"]


def test_token_two_behind_ends_the_session(api: httpx.Client, account: Account) -> None:
    first = account.tokens["refresh_token"]
    second = refresh(api, first).json()["refresh_token"]
    third = refresh(api, second).json()["refresh_token"]
    assert_problem(refresh(api, first), 400, "invalid_grant")
    assert_problem(refresh(api, third), 400, "invalid_grant")


def test_session_is_over_after_its_log_out(api: httpx.Client, account: Account) -> None:
    token = account.tokens["refresh_token"]
    answer = api.post("/logout", json={"refresh_token": token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(refresh(api, token), 400, "invalid_grant")


def test_request_without_a_token_is_challenged(api: httpx.Client) -> None:
    answer = api.get("/profile")
    assert_problem(answer, 401, "missing_token")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gatehouse"'


def test_bad_token_is_challenged_with_its_error(api: httpx.Client) -> None:
    answer = api.get("/profile", headers={"Authorization": "Bearer a.b.c"})
    assert_problem(answer, 401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


# The front door.


def test_health_is_told(api: httpx.Client) -> None:
    assert api.get("/").json()["status"] == "ok"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("GET", "/login"), ("DELETE", "/login")]
)
def test_unknown_route_is_not_found(api: httpx.Client, method: str, path: str) -> None:
    assert api.request(method, path).status_code in (404, 405)


def preflight(api: httpx.Client, origin: str) -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return api.options("/profile", headers=asked)


def test_page_of_the_stack_may_call(api: httpx.Client, stack: LocalStack) -> None:
    headers = preflight(api, stack.http).headers
    assert headers["access-control-allow-origin"] == stack.http
    assert "PATCH" in headers["access-control-allow-methods"]


def test_page_of_somebody_else_may_not_call(api: httpx.Client) -> None:
    headers = preflight(api, "https://evil.example").headers
    assert "access-control-allow-origin" not in headers


# Bad input over the wire.


def with_content(text: str | bytes) -> Callable[[httpx.Client, str], httpx.Response]:
    headers = {"Content-Type": "application/json"}
    return lambda api, path: api.post(path, content=text, headers=headers)


BAD: list[tuple[str, str | bytes, int, str]] = [
    ("empty", "", 400, "malformed_json"),
    ("cut", '{"email":"a', 400, "malformed_json"),
    ("duplicate key", '{"email":"a@b.co","email":"a@b.co"}', 400, "malformed_json"),
    ("nan", '{"email":NaN}', 400, "malformed_json"),
    ("nul", '{"email":"\\u0000"}', 400, "malformed_json"),
    ("lone surrogate", '{"email":"\\ud800"}', 400, "malformed_json"),
    ("deep nesting", "[" * 30_000 + "]" * 30_000, 400, "malformed_json"),
    ("very deep nesting", "[" * 100_000 + "]" * 100_000, 413, "body_too_large"),
    ("list", "[]", 422, "invalid_input"),
    ("wrong type", '{"email":1,"password":{}}', 422, "invalid_input"),
    ("unknown field", json.dumps({"email": "a@b.co", "role": "admin"}), 422, "invalid_input"),
    ("large", '"' + "x" * KILOBYTES_64 + '"', 413, "body_too_large"),
]


@pytest.mark.parametrize("path", ["/register", "/login"])
@pytest.mark.parametrize(
    ("text", "status", "code"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_bad_input_is_a_problem(
    api: httpx.Client, path: str, text: str | bytes, status: int, code: str
) -> None:
    assert_problem(with_content(text)(api, path), status, code)


@pytest.mark.parametrize("path", ["/register", "/login", "/sessions/refresh", "/logout"])
def test_form_is_not_supported(api: httpx.Client, path: str) -> None:
    assert_problem(api.post(path, data={"email": "a@b.co"}), 415, "unsupported_media_type")
