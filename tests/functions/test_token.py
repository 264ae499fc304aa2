"""POST /token, POST /revoke: RFC 6749 and RFC 7009, whose errors are not problem documents."""

from urllib.parse import urlencode

import pytest

from harness.events import Event, http_raw
from harness.functions import Answer, serve
from harness.moto_backend import MotoBackend
from tests.support.people import person


def post(moto: MotoBackend, name: str, **form: str) -> Answer:
    return send(moto, http_raw(name, urlencode(form)))


def send(moto: MotoBackend, event: Event) -> Answer:
    return serve("sessions", moto.backend)(event)


def assert_error(answer: Answer, status: int, error: str) -> None:
    assert (answer.status, answer.json["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json) == {"error", "error_description"}


def exchange(moto: MotoBackend, **form: str) -> Answer:
    return post(moto, "post-token", **{"grant_type": "refresh_token", **form})


def test_refresh_token_is_exchanged(moto: MotoBackend) -> None:
    answer = exchange(moto, refresh_token=person(moto).tokens.refresh_token)
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert answer.headers["cache-control"] == "no-store"


def test_form_may_arrive_as_base64(moto: MotoBackend) -> None:
    token = person(moto).tokens.refresh_token
    form = urlencode({"grant_type": "refresh_token", "refresh_token": token})
    assert send(moto, http_raw("post-token", form.encode())).status == 200


def test_unknown_token_is_an_invalid_grant(moto: MotoBackend) -> None:
    assert_error(exchange(moto, refresh_token="x"), 400, "invalid_grant")


def test_password_is_no_grant(moto: MotoBackend) -> None:
    answer = exchange(moto, grant_type="password", username="ada", password="x")
    assert_error(answer, 400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "form", ["", "refresh_token=x", "grant_type=", "a=1&a=1", "grant_type=%ff"]
)
def test_request_that_is_none_is_invalid(moto: MotoBackend, form: str) -> None:
    assert_error(send(moto, http_raw("post-token", form)), 400, "invalid_request")


def test_json_is_not_supported(moto: MotoBackend) -> None:
    event = http_raw("post-token", "{}")
    event["headers"]["content-type"] = "application/json"
    assert_error(send(moto, event), 415, "invalid_request")


def test_large_form_is_too_large(moto: MotoBackend) -> None:
    assert_error(exchange(moto, refresh_token="x" * 70_000), 413, "invalid_request")


def test_client_credentials_are_no_login(moto: MotoBackend) -> None:
    event = http_raw("post-token", "grant_type=client_credentials")
    event["headers"]["authorization"] = "Basic Z2F0ZWhvdXNlOg=="
    assert_error(send(moto, event), 400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "hint", [{}, {"token_type_hint": "refresh_token"}, {"token_type_hint": "x"}]
)
def test_token_is_revoked(moto: MotoBackend, hint: dict[str, str]) -> None:
    token = person(moto).tokens.refresh_token
    answer = post(moto, "post-revoke", token=token, **hint)
    assert (answer.status, answer.text) == (200, "")
    assert_error(exchange(moto, refresh_token=token), 400, "invalid_grant")


def test_unknown_token_is_revoked_alike(moto: MotoBackend) -> None:
    token = person(moto).tokens.refresh_token
    assert post(moto, "post-revoke", token="x") == post(moto, "post-revoke", token=token)


def test_revocation_without_a_token_is_invalid(moto: MotoBackend) -> None:
    assert_error(post(moto, "post-revoke"), 400, "invalid_request")
