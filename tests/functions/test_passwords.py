"""POST /passwords/forgot, POST /passwords/reset, PUT /password, DELETE /profile"""

import pytest

from harness.events import body_of, http
from harness.functions import Answer, serve
from harness.moto_backend import MotoBackend
from tests.support.people import NEW_PASSWORD, Person, mails, now_of, person, token_in

EMAIL = "ada@example.com"


def send(moto: MotoBackend, name: str, who: Person | None = None, **fields: object) -> Answer:
    token = who.tokens.access_token if who else None
    body = body_of(name) | fields
    return serve("passwords", moto.backend)(http(name, body, token=token))


def mailed(moto: MotoBackend) -> str:
    send(moto, "post-passwords-forgot")
    return token_in(mails(moto)["reset_password"])


@pytest.mark.parametrize("email", [EMAIL, "eve@example.com"])
def test_forgotten_password_is_accepted_for_known_and_unknown(
    moto: MotoBackend, email: str
) -> None:
    moto.user(EMAIL)
    answer = send(moto, "post-passwords-forgot", email=email)
    assert (answer.status, answer.text) == (202, "")
    assert len(moto.queued()) == 1


def test_sixth_mail_of_an_hour_is_refused(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    answers = [send(moto, "post-passwords-forgot") for _ in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]
    assert answers[-1].code == "too_many_requests"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600


def test_limit_of_mails_is_the_same_for_an_unknown_address(moto: MotoBackend) -> None:
    answers = [send(moto, "post-passwords-forgot") for _ in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]


def test_reset_sets_the_password_and_gives_no_token(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    answer = send(moto, "post-passwords-reset", token=mailed(moto))
    assert (answer.status, answer.text) == (204, "")
    assert now_of(moto, user).password_hash != user.password_hash


def test_sample_of_a_reset_is_no_link_of_ours(moto: MotoBackend) -> None:
    answer = send(moto, "post-passwords-reset")
    assert (answer.status, answer.code) == (400, "invalid_link")


def test_weak_password_of_a_reset_is_explained(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    answer = send(moto, "post-passwords-reset", token=mailed(moto), password="short")
    assert answer.json["errors"][0]["pointer"] == "/password"


def test_sample_changes_the_password(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    answer = send(moto, "put-password", ada)
    assert (answer.status, answer.text) == (204, "")
    assert now_of(moto, ada.user).token_epoch == 1


def test_wrong_current_password_is_told_without_an_error_of_the_token(moto: MotoBackend) -> None:
    answer = send(moto, "put-password", person(moto), current_password="wrong")
    assert (answer.status, answer.code) == (401, "invalid_password")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gatehouse"'


def test_sample_deletes_the_account(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    answer = send(moto, "delete-profile", ada)
    assert (answer.status, answer.text) == (204, "")
    assert moto.backend.accounts.users.by_id(ada.user.id) is None


def test_deletion_asks_for_the_password(moto: MotoBackend) -> None:
    ada = person(moto)
    assert send(moto, "delete-profile", ada, password=NEW_PASSWORD).code == "invalid_password"
    assert now_of(moto, ada.user) == ada.user


@pytest.mark.parametrize("name", ["put-password", "delete-profile"])
def test_stranger_is_challenged(moto: MotoBackend, name: str) -> None:
    event = http(name, headers={"authorization": None})
    assert serve("passwords", moto.backend)(event).code == "missing_token"


@pytest.mark.parametrize("name", ["put-password", "delete-profile"])
def test_password_is_not_guessed_with_a_stolen_token(moto: MotoBackend, name: str) -> None:
    ada = person(moto)
    wrong = {"current_password": "x"} if name == "put-password" else {"password": "x"}
    answers = [send(moto, name, ada, **wrong).status for _ in range(11)]
    assert answers == [401] * 10 + [429]
