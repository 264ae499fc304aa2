"""Refusals as problem documents with their headers."""

import pytest

from gatehouse import errors
from gatehouse.errors import Problem, Refusal
from gatehouse.http.problems import headers, problem


def test_document_has_the_members_of_rfc_9457_and_the_code() -> None:
    assert problem(errors.EmailTaken("Sign in instead."), "r1") == {
        "type": "urn:gatehouse:error:email_taken",
        "title": "The e-mail address is taken",
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
