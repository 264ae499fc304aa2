"""POST /emails/change, POST /emails/confirm"""

import pytest

from harness.events import body_of, http
from harness.functions import Answer, serve
from harness.moto_backend import MotoBackend
from tests.support.people import Person, mails, now_of, person, token_in


def send(moto: MotoBackend, name: str, who: Person | None = None, **fields: object) -> Answer:
    token = who.tokens.access_token if who else None
    return serve("emails", moto.backend)(http(name, body_of(name) | fields, token=token))


def test_change_is_accepted_and_confirmed_by_both_ends(moto: MotoBackend) -> None:
    ada = person(moto)
    answer = send(moto, "post-emails-change", ada)
    assert (answer.status, answer.text) == (202, "")
    by_template = mails(moto)
    for template in ("confirm_old_email", "confirm_new_email"):
        confirmed = send(moto, "post-emails-confirm", token=token_in(by_template[template]))
        assert (confirmed.status, confirmed.text) == (204, "")
    assert now_of(moto, ada.user).email == "countess@example.com"


def test_taken_address_gets_the_same_answer(moto: MotoBackend) -> None:
    ada = person(moto)
    free = send(moto, "post-emails-change", ada)
    moto.user("countess@example.com")
    assert send(moto, "post-emails-change", ada) == free


def test_wrong_password_is_refused(moto: MotoBackend) -> None:
    answer = send(moto, "post-emails-change", person(moto), password="wrong")
    assert (answer.status, answer.code) == (401, "invalid_password")


def test_sample_of_a_confirmation_is_no_link_of_ours(moto: MotoBackend) -> None:
    answer = send(moto, "post-emails-confirm")
    assert (answer.status, answer.code) == (400, "invalid_link")


@pytest.mark.parametrize("token", ["", "x", "x" * 44, "x" * 42 + "#"])
def test_token_of_another_shape_is_refused(moto: MotoBackend, token: str) -> None:
    answer = send(moto, "post-emails-confirm", token=token)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/token")


def test_stranger_is_challenged(moto: MotoBackend) -> None:
    event = http("post-emails-change", headers={"authorization": None})
    assert serve("emails", moto.backend)(event).code == "missing_token"
