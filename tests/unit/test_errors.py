"""The catalog of refusals."""

import pytest

from gatehouse import errors
from gatehouse.errors import Disconnected, Problem, Refusal


def family(refusal: type[Refusal] = Refusal) -> list[type[Refusal]]:
    """Returns all kinds of refusals in the catalog, without those that a store adds."""
    below = [kind for child in refusal.__subclasses__() for kind in family(child)]
    return [refusal, *below] if refusal.__module__ == errors.__name__ else below


def coded() -> list[type[Refusal]]:
    return [kind for kind in family() if "code" in vars(kind)]


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in coded()]
    assert sorted(set(codes)) == sorted(codes)


@pytest.mark.parametrize("kind", coded())
def test_code_is_made_for_programs(kind: type[Refusal]) -> None:
    assert kind.code.replace("_", "").isalpha()
    assert kind.code == kind.code.lower()


@pytest.mark.parametrize("kind", family())
def test_status_is_that_of_an_error(kind: type[Refusal]) -> None:
    assert 400 <= kind.status <= 599


@pytest.mark.parametrize("kind", family())
def test_our_own_faults_and_limits_for_now_are_temporary(kind: type[Refusal]) -> None:
    assert kind.temporary == (kind.status >= 500 or kind is errors.TooManyRequests)


@pytest.mark.parametrize("kind", family())
def test_every_kind_says_what_it_means(kind: type[Refusal]) -> None:
    assert kind.__doc__
    assert kind.title


def test_disconnect_codes_are_unique() -> None:
    codes = [kind.close_code for kind in family(Disconnected)]  # type: ignore[attr-defined]
    assert sorted(set(codes)) == sorted(codes)


@pytest.mark.parametrize("kind", family(Disconnected))
def test_disconnect_code_fits_a_websocket_close_frame(kind: type[Disconnected]) -> None:
    assert 3000 <= kind.close_code <= 4999


def test_refusal_without_detail_shows_its_title() -> None:
    assert str(errors.NotFound()) == "Not found"


def test_refusal_carries_what_it_was_given() -> None:
    problems = (Problem("/name", "is too long"),)
    refusal = errors.LimitExceeded("slow down", problems=problems, retry_after=30)
    assert (refusal.detail, refusal.problems, refusal.retry_after) == ("slow down", problems, 30)


def test_unknown_address_and_wrong_password_have_one_code() -> None:
    assert errors.InvalidCredentials.code == "invalid_credentials"
    assert errors.InvalidCredentials.__subclasses__() == [errors.InvalidPassword]


def test_expired_token_is_an_invalid_token_to_programs() -> None:
    assert errors.TokenExpired.code == errors.InvalidToken.code
