"""POST /passwords/forgot, POST /passwords/reset, PUT /password, DELETE /profile"""

import pytest

from tests.support.events import body_of, http
from tests.support.functions import Answer, serve
from tests.support.people import NEW_PASSWORD, Person, letters, now_of, person, token_in
from tests.support.world import World

EMAIL = "ada@example.com"


def send(world: World, name: str, who: Person | None = None, **fields: object) -> Answer:
    token = who.tokens.access_token if who else None
    body = body_of(name) | fields
    return serve("passwords", world.backend)(http(name, body, token=token))


def mailed(world: World) -> str:
    send(world, "post-passwords-forgot")
    return token_in(letters(world)["reset_password"])


@pytest.mark.parametrize("email", [EMAIL, "eve@example.com"])
def test_forgotten_password_is_accepted_for_known_and_unknown(world: World, email: str) -> None:
    world.user(EMAIL)
    answer = send(world, "post-passwords-forgot", email=email)
    assert (answer.status, answer.text) == (202, "")
    assert len(world.queued()) == 1


def test_sixth_mail_of_an_hour_is_refused(world: World) -> None:
    world.user(EMAIL)
    answers = [send(world, "post-passwords-forgot") for _ in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]
    assert answers[-1].code == "too_many_requests"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600


def test_limit_of_mails_is_the_same_for_an_unknown_address(world: World) -> None:
    answers = [send(world, "post-passwords-forgot") for _ in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]


def test_reset_sets_the_password_and_gives_no_token(world: World) -> None:
    user = world.user(EMAIL)
    answer = send(world, "post-passwords-reset", token=mailed(world))
    assert (answer.status, answer.text) == (204, "")
    assert now_of(world, user).password_hash != user.password_hash


def test_sample_of_a_reset_is_no_link_of_ours(world: World) -> None:
    answer = send(world, "post-passwords-reset")
    assert (answer.status, answer.code) == (400, "invalid_link")


def test_weak_password_of_a_reset_is_explained(world: World) -> None:
    world.user(EMAIL)
    answer = send(world, "post-passwords-reset", token=mailed(world), password="short")
    assert answer.json["errors"][0]["pointer"] == "/password"


def test_sample_changes_the_password(world: World) -> None:
    ada = person(world, EMAIL)
    answer = send(world, "put-password", ada)
    assert (answer.status, answer.text) == (204, "")
    assert now_of(world, ada.user).token_epoch == 1


def test_wrong_current_password_is_told_without_an_error_of_the_token(world: World) -> None:
    answer = send(world, "put-password", person(world), current_password="wrong")
    assert (answer.status, answer.code) == (401, "invalid_password")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gatehouse"'


def test_sample_deletes_the_account(world: World) -> None:
    ada = person(world, EMAIL)
    answer = send(world, "delete-profile", ada)
    assert (answer.status, answer.text) == (204, "")
    assert world.backend.accounts.users.by_id(ada.user.id) is None


def test_deletion_asks_for_the_password(world: World) -> None:
    ada = person(world)
    assert send(world, "delete-profile", ada, password=NEW_PASSWORD).code == "invalid_password"
    assert now_of(world, ada.user) == ada.user


@pytest.mark.parametrize("name", ["put-password", "delete-profile"])
def test_stranger_is_challenged(world: World, name: str) -> None:
    event = http(name, headers={"authorization": None})
    assert serve("passwords", world.backend)(event).code == "missing_token"


@pytest.mark.parametrize("name", ["put-password", "delete-profile"])
def test_password_is_not_guessed_with_a_stolen_token(world: World, name: str) -> None:
    ada = person(world)
    wrong = {"current_password": "x"} if name == "put-password" else {"password": "x"}
    answers = [send(world, name, ada, **wrong).status for _ in range(11)]
    assert answers == [401] * 10 + [429]
