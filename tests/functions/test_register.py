"""POST /register"""

from gatehouse.identity import parse_address
from harness.events import body_of, http
from harness.functions import Answer, serve
from harness.moto_backend import MotoBackend
from tests.support.people import mails, token_in


def post(moto: MotoBackend, **fields: object) -> Answer:
    return serve("register", moto.backend)(http("post-register", body_of("post-register") | fields))


def test_sample_makes_an_account(moto: MotoBackend) -> None:
    answer = serve("register", moto.backend)(http("post-register"))
    assert answer.status == 201
    assert answer.json == {
        "id": answer.json["id"],
        "email": "ada@example.com",
        "name": "Ada",
        "email_verified": False,
        "created_at": "2027-01-15T08:00:00Z",
    }


def test_answer_is_stored_by_nobody(moto: MotoBackend) -> None:
    headers = post(moto).headers
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_account_may_lack_a_name(moto: MotoBackend) -> None:
    body = body_of("post-register")
    del body["name"]
    answer = serve("register", moto.backend)(http("post-register", body))
    assert (answer.status, answer.json["name"]) == (201, None)


def test_welcome_mail_is_queued(moto: MotoBackend) -> None:
    post(moto)
    assert [mail["to"] for mail in moto.queued()] == ["ada@example.com"]


def test_taken_address_is_a_conflict(moto: MotoBackend) -> None:
    moto.user("ada@example.com")
    items = moto.accounts()
    answer = post(moto)
    assert (answer.status, answer.code) == (409, "email_taken")
    assert (moto.accounts(), moto.queued()) == (items, [])


def test_short_password_is_explained(moto: MotoBackend) -> None:
    answer = post(moto, password="short")
    assert answer.status == 422
    assert answer.json["errors"] == [
        {"pointer": "/password", "detail": "has fewer than 15 characters"}
    ]


def test_password_of_256_characters_is_accepted(moto: MotoBackend) -> None:
    animals = "".join(map(chr, range(ord("🐀"), ord("🐀") + 64)))
    assert post(moto, password=animals * 4).status == 201


def test_password_is_in_no_answer(moto: MotoBackend) -> None:
    assert "swordfish" not in post(moto, password="swordfish").text


# With verification of addresses.


def send(moto: MotoBackend, name: str, **fields: object) -> Answer:
    return serve("register", moto.backend)(http(name, body_of(name) | fields))


def mailed(moto: MotoBackend) -> str:
    assert send(moto, "post-register").status == 202
    return token_in(mails(moto)["verify_email"])


def test_known_and_unknown_addresses_get_the_same_answer(strict_moto: MotoBackend) -> None:
    unknown = send(strict_moto, "post-register")
    strict_moto.user("eve@example.com")
    known = send(strict_moto, "post-register", email="eve@example.com")
    assert (unknown.status, unknown.text) == (202, "")
    assert known == unknown


def test_registration_is_verified(strict_moto: MotoBackend) -> None:
    answer = send(strict_moto, "post-register-verify", token=mailed(strict_moto))
    assert (answer.status, answer.text) == (204, "")
    assert strict_moto.backend.accounts.users.by_email(parse_address("ada@example.com"))


def test_password_of_somebody_else_verifies_nothing(strict_moto: MotoBackend) -> None:
    token = mailed(strict_moto)
    answer = send(strict_moto, "post-register-verify", token=token, password="another password")
    assert (answer.status, answer.code) == (401, "invalid_credentials")


def test_sample_of_a_verification_is_no_link_of_ours(strict_moto: MotoBackend) -> None:
    answer = send(strict_moto, "post-register-verify")
    assert (answer.status, answer.code) == (400, "invalid_link")


def test_code_is_not_guessed(strict_moto: MotoBackend) -> None:
    proof = {"token": None, "email": "ada@example.com", "code": "000000"}
    answers = [send(strict_moto, "post-register-verify", **proof).status for _ in range(11)]
    assert answers == [400] * 10 + [429]


def test_mail_is_sent_again(strict_moto: MotoBackend) -> None:
    mailed(strict_moto)
    answer = send(strict_moto, "post-register-resend")
    assert (answer.status, answer.text) == (202, "")
    assert list(mails(strict_moto)) == ["verify_email"]


def test_sixth_mail_of_an_hour_is_refused(strict_moto: MotoBackend) -> None:
    answers = [send(strict_moto, "post-register-resend").status for _ in range(6)]
    assert answers == [202] * 5 + [429]


def test_sixth_registration_of_an_address_in_an_hour_is_refused(strict_moto: MotoBackend) -> None:
    answers = [send(strict_moto, "post-register") for _ in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]
    assert answers[-1].code == "too_many_requests"
