"""POST /emails/change, POST /emails/confirm"""

import pytest

from tests.support.events import body_of, http
from tests.support.functions import Answer, serve
from tests.support.people import Person, letters, now_of, person, token_in
from tests.support.world import World


def send(world: World, name: str, who: Person | None = None, **fields: object) -> Answer:
    token = who.tokens.access_token if who else None
    return serve("emails", world.backend)(http(name, body_of(name) | fields, token=token))


def test_change_is_accepted_and_confirmed_by_both_ends(world: World) -> None:
    ada = person(world)
    answer = send(world, "post-emails-change", ada)
    assert (answer.status, answer.text) == (202, "")
    mails = letters(world)
    for template in ("confirm_old_email", "confirm_new_email"):
        confirmed = send(world, "post-emails-confirm", token=token_in(mails[template]))
        assert (confirmed.status, confirmed.text) == (204, "")
    assert now_of(world, ada.user).email == "countess@example.com"


def test_taken_address_gets_the_same_answer(world: World) -> None:
    ada = person(world)
    free = send(world, "post-emails-change", ada)
    world.user("countess@example.com")
    assert send(world, "post-emails-change", ada) == free


def test_wrong_password_is_refused(world: World) -> None:
    answer = send(world, "post-emails-change", person(world), password="wrong")
    assert (answer.status, answer.code) == (401, "invalid_password")


def test_sample_of_a_confirmation_is_no_link_of_ours(world: World) -> None:
    answer = send(world, "post-emails-confirm")
    assert (answer.status, answer.code) == (400, "invalid_link")


@pytest.mark.parametrize("token", ["", "x", "x" * 44, "x" * 42 + "#"])
def test_token_of_another_shape_is_refused(world: World, token: str) -> None:
    answer = send(world, "post-emails-confirm", token=token)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/token")


def test_stranger_is_challenged(world: World) -> None:
    event = http("post-emails-change", headers={"authorization": None})
    assert serve("emails", world.backend)(event).code == "missing_token"
