"""Access tokens: claims that are refused although the right key signed them."""

import pytest

from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.tokens import ACCESS_LIFE, LEEWAY, Party
from harness.moto_backend import START
from tests.support.forgery import PARTY, SESSION, USER, forged, issue, verify


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "sid"])
def test_missing_claim_is_refused(name: str) -> None:
    with pytest.raises(InvalidToken):
        verify(forged(**{name: ...}))


@pytest.mark.parametrize("iss", ["", None, "https://evil.example", "https://api.example.com/", 1])
def test_other_issuer_is_refused(iss: object) -> None:
    with pytest.raises(InvalidToken):
        verify(forged(iss=iss))


def test_list_of_issuers_is_refused() -> None:
    with pytest.raises(InvalidToken):
        verify(forged(iss=["https://api.example.com"]))


@pytest.mark.parametrize("aud", ["", None, "other", "APP", ["app"], ["app", "other"], 1])
def test_other_audience_or_a_list_is_refused(aud: object) -> None:
    with pytest.raises(InvalidToken):
        verify(forged(aud=aud))


def test_other_client_is_refused() -> None:
    with pytest.raises(InvalidToken):
        verify(forged(client_id="other"))


@pytest.mark.parametrize("sub", ["", " ", None, 5, True, ["x"], "a#b", f"{USER}\n", USER.upper()])
def test_subject_that_is_no_id_is_refused(sub: object) -> None:
    with pytest.raises(InvalidToken):
        verify(forged(sub=sub))


@pytest.mark.parametrize("sid", ["", None, 5, "PROFILE", f"{SESSION}#"])
def test_session_that_is_no_id_is_refused(sid: object) -> None:
    with pytest.raises(InvalidToken):
        verify(forged(sid=sid))


@pytest.mark.parametrize(
    "exp", [None, str(START + 900), 1e30, float(START + 900), True, [], "Infinity"]
)
def test_end_that_is_no_whole_number_is_refused(exp: object) -> None:
    with pytest.raises(InvalidToken):
        verify(forged(exp=exp))


@pytest.mark.parametrize("iat", [None, str(START), float(START), True, 1e30])
def test_time_of_issue_that_is_no_whole_number_is_refused(iat: object) -> None:
    with pytest.raises(InvalidToken):
        verify(forged(iat=iat))


@pytest.mark.parametrize("life", [0, -1, ACCESS_LIFE + 1, 10**9])
def test_life_that_we_never_give_is_refused(life: int) -> None:
    with pytest.raises(InvalidToken):
        verify(forged(exp=START + life))


def test_issue_in_the_future_is_refused() -> None:
    with pytest.raises(InvalidToken):
        verify(issue(START + LEEWAY + 1))


def test_issue_by_a_clock_that_is_a_little_ahead_is_accepted() -> None:
    assert verify(issue(START + LEEWAY)).user_id == USER


def test_token_works_until_its_last_second() -> None:
    assert verify(issue(), now=START + ACCESS_LIFE - 1).user_id == USER


def test_token_expires() -> None:
    with pytest.raises(TokenExpired):
        verify(issue(), now=START + ACCESS_LIFE)


def test_expired_token_of_another_issuer_is_not_called_expired() -> None:
    with pytest.raises(InvalidToken) as refused:
        verify(forged(iss="https://evil.example"), now=START + 10**6)
    assert not isinstance(refused.value, TokenExpired)


def other(**names: str) -> Party:
    return Party(**{"issuer": PARTY.issuer, "audience": "app", "client_id": "web", **names})


@pytest.mark.parametrize(
    "party",
    [other(issuer="https://other.example"), other(audience="b"), other(client_id="b")],
)
def test_good_token_is_refused_by_another_party(party: Party) -> None:
    with pytest.raises(InvalidToken):
        verify(issue(), party=party)
