"""Refusals as problem documents with their headers."""

import pytest

from gatehouse import errors
from gatehouse.errors import Problem, Refusal
from gatehouse.http.problems import headers, oauth_error, oauth_status, problem


def test_document_has_the_members_of_rfc_9457_and_the_code() -> None:
    assert problem(errors.EmailTaken("Sign in instead."), "r1") == {
        "type": "urn:gatehouse:error:email_taken",
        "title": "An account with this email address already exists",
        "status": 409,
        "detail": "Sign in instead.",
        "code": "email_taken",
        "request_id": "r1",
    }


def test_document_without_detail_lacks_the_member() -> None:
    assert "detail" not in problem(errors.NotFound(), "r1")


def test_document_of_bad_input_says_where() -> None:
    refusal = errors.InvalidInput(problems=(Problem("/name", "is too long"),))
    assert problem(refusal, "r1")["errors"] == [{"pointer": "/name", "detail": "is too long"}]


@pytest.mark.parametrize("refusal", [errors.Unavailable("no pepper"), errors.InternalError("x")])
def test_private_detail_of_our_own_fault_is_not_told(refusal: Refusal) -> None:
    assert "detail" not in problem(refusal, "r1")


@pytest.mark.parametrize("refusal", [errors.MissingToken(), errors.InvalidCredentials()])
def test_challenge_without_a_token_names_no_error(refusal: Refusal) -> None:
    assert headers(refusal) == {"WWW-Authenticate": 'Bearer realm="gatehouse"'}


@pytest.mark.parametrize("refusal", [errors.InvalidToken(), errors.TokenExpired()])
def test_challenge_of_a_bad_token_is_that_of_rfc_6750(refusal: Refusal) -> None:
    assert headers(refusal)["WWW-Authenticate"] == (
        'Bearer realm="gatehouse", error="invalid_token", '
        'error_description="The access token is not valid"'
    )


@pytest.mark.parametrize(
    "refusal", [errors.InvalidGrant(), errors.AccountDisabled(), errors.NotFound()]
)
def test_other_statuses_challenge_nobody(refusal: Refusal) -> None:
    assert headers(refusal) == {}


@pytest.mark.parametrize("seconds", [0, 60])
def test_retry_after_is_told_in_seconds(seconds: int) -> None:
    assert headers(errors.LimitExceeded(retry_after=seconds)) == {"Retry-After": str(seconds)}


def test_document_carries_the_challenge() -> None:
    refusal = errors.ChallengeRequired(challenge={"provider": "altcha"})
    assert problem(refusal, "r1")["challenge"] == {"provider": "altcha"}


# Errors of RFC 6749.


@pytest.mark.parametrize(
    ("refusal", "status", "error"),
    [
        (errors.InvalidGrant(), 400, "invalid_grant"),
        (errors.UnsupportedGrant(), 400, "unsupported_grant_type"),
        (errors.InvalidInput(), 400, "invalid_request"),
        (errors.MalformedForm(), 400, "invalid_request"),
        (errors.UnsupportedMediaType(), 415, "invalid_request"),
        (errors.BodyTooLarge(), 413, "invalid_request"),
        (errors.TooManyRequests(retry_after=3), 429, "invalid_request"),
        (errors.Unavailable(), 503, "server_error"),
        (errors.InternalError(), 500, "server_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Refusal) else "",
)
def test_standard_routes_answer_with_an_error_of_rfc_6749(
    refusal: Refusal, status: int, error: str
) -> None:
    assert oauth_status(refusal) == status
    assert oauth_error(refusal)["error"] == error


def test_error_is_described_in_the_characters_that_rfc_6749_allows() -> None:
    description = oauth_error(errors.InvalidGrant())["error_description"]
    assert description.isascii()
    assert not {'"', "\\"} & set(description)


def test_private_detail_of_our_own_fault_is_not_described() -> None:
    assert "pepper" not in str(oauth_error(errors.Unavailable("no pepper has the ID 'p1'")))


def test_limit_says_when_to_come_again() -> None:
    assert headers(errors.TooManyRequests(retry_after=17)) == {"Retry-After": "17"}
