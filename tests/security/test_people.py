"""Attacks with lookalike addresses, weak or unusual passwords, forbidden fields and the objects of
other users."""

from typing import Any

import pytest

from harness.events import mail_event
from harness.functions import CONTEXT
from harness.http_app import ELSEWHERE, NEW_PASSWORD
from harness.moto_backend import PASSWORD
from tests.security.conftest import Watched
from tests.support.texts import (
    AMBIGUOUS_ADDRESSES,
    BROKEN_ADDRESSES,
    HOSTILE_NAMES,
    PASTED_ADDRESSES,
)
from tests.support.texts import (
    NAMES as HONEST_NAMES,
)

ADA = "ada.k@example.com"


def _deliver(app: Watched) -> list[Any]:
    """Sends every mail in the queue. Returns the mails that were sent."""
    import json

    mails = [json.dumps(each) for each in app.post()]
    if mails:
        answer = app.apps["mailer"].handler(mail_event(*mails), CONTEXT)
        assert answer == {"batchItemFailures": []}
    return app.moto.sent()


# Addresses.


@pytest.mark.parametrize(
    "spelling",
    ["ADA.K@example.com", "ada.k@EXAMPLE.COM", " ada.k@example.com ", "Ada.K@Example.com"],
)
def test_case_variants_are_one_account(app: Watched, spelling: str) -> None:
    app.moto.user(ADA)
    assert app.register(spelling).code == "email_taken"
    assert app.log_in(spelling).status == 200


LOOKALIKES = [
    "ada.\u212a@example.com",
    "ada.\uff4b@example.com",
    "\u0430da.k@example.com",
    "\uff41da.k@example.com",
    "ada.k\u200b@example.com",
    "ada.k@e\u0445ample.com",
    "ada.k@exam\u200dple.com",
    "ada.k@ex\u0430mple.com",
    "ada.k@example.com\u0000",
    "ada\u2024k@example.com",
    "\u00e5da.k@example.com",
    "ad\u0131.k@example.com",
    "ada.k+1@example.com",
    "adak@example.com",
]


@pytest.mark.parametrize("address", LOOKALIKES, ids=ascii)
def test_lookalike_reaches_no_other_account(app: Watched, address: str) -> None:
    user = app.moto.user(ADA)
    before = len(app.items("USER#" + user.id))
    assert app.log_in(address).status in (400, 401, 422)
    assert app.ask("POST", "/passwords/forgot", {"email": address}).status in (202, 400, 422)
    app.register(address, address=ELSEWHERE)
    for mail in app.post():
        assert mail["to"] != ADA
    assert len(app.items("USER#" + user.id)) == before


def test_mail_goes_to_the_stored_address(app: Watched) -> None:
    app.moto.user("Ada.K@example.com")
    app.ask("POST", "/passwords/forgot", {"email": "ADA.K@EXAMPLE.com"})
    assert app.mail("reset_password")["to"] == "Ada.K@example.com"


LISTS = [
    "a@example.com,b@example.com",
    "a@example.com;b@example.com",
    "a@example.com b@example.com",
    "a@example.com\r\nBcc: b@example.com",
    "a@example.com\nBcc: b@example.com",
    "a@example.com%0d%0aBcc: b@example.com",
    "<a@example.com>",
    "A <a@example.com>",
    "a@example.com\tb@example.com",
    '"a@example.com, b"@example.com',
    "a@example.com\u2028Bcc:b@example.com",
    "a@b@example.com",
]


@pytest.mark.parametrize("address", LISTS, ids=ascii)
def test_crlf_and_lists_add_no_recipient(strict_app: Watched, address: str) -> None:
    for path in ("/register", "/register/resend", "/passwords/forgot"):
        body = {"email": address}
        if path == "/register":
            body["password"] = PASSWORD
        assert strict_app.ask("POST", path, body).code == "invalid_input"
    assert not strict_app.post()


NAMES = [
    "Ada\r\nBcc: eve@example.com",
    "Ada\nSubject: x",
    "\x00",
    "a\u2028b",
    "\u202eada",
    "x" * 201,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_crlf_in_a_name_is_refused(app: Watched, name: str) -> None:
    body = {"email": ADA, "password": PASSWORD, "name": name}
    assert app.ask("POST", "/register", body).status == (400 if name == "\x00" else 422)
    assert not app.post()


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "$link ${service}", "%s{0}", '"><img src=x>', "Ada, b@x.y"],
)
def test_name_stays_text_in_mails(app: Watched, name: str) -> None:
    body = {"email": ADA, "password": PASSWORD, "name": name}
    assert app.ask("POST", "/register", body).status == 201
    (mail,) = _deliver(app)
    assert mail.destinations["ToAddresses"] == [ADA]
    assert "\n" not in mail.subject
    assert "<script" not in mail.body
    assert "<img" not in mail.body


def test_user_agent_in_a_mail_stays_one_line(app: Watched) -> None:
    app.moto.user(ADA)
    app.log_in(ADA, agent="Mozilla\r\nBcc: eve@example.com\r\n\r\n<b>" + "x" * 5_000)
    mail = app.mail("new_device")
    assert "\n" not in mail["values"]["user_agent"]
    assert len(mail["values"]["user_agent"]) <= 256


@pytest.mark.parametrize(
    "text",
    [
        "Your account is locked see evil.example",
        "https://evil.example/unlock",
        "Call 555 0100",
        "evil(at)evil.example",
        "<a href='//evil.example'>evil</a>",
    ],
)
def test_text_of_a_stranger_reaches_no_mailbox_by_registering_it(app: Watched, text: str) -> None:
    body = {"email": ADA, "password": PASSWORD, "name": text}
    assert app.ask("POST", "/register", body, agent=text).status == 201
    assert app.log_in(ADA, agent=f"{text} 2", address=ELSEWHERE).status == 200
    mails = _deliver(app)
    assert [mail.subject for mail in mails] == [
        "Welcome to Gatehouse",
        "New sign-in to your Gatehouse account",
    ]
    for mail in mails:
        for word in ("evil", "locked", "555", text):
            assert word not in mail.body
            assert word not in mail.subject


def test_welcome_of_a_proven_address_greets_by_name(strict_app: Watched) -> None:
    app = strict_app
    app.ask("POST", "/register", {"email": ADA, "password": PASSWORD, "name": "Ada"})
    proof = {"token": app.mailed_token("verify_email"), "password": PASSWORD}
    assert app.ask("POST", "/register/verify", proof).status == 204
    assert app.mail("welcome")["values"]["name"] == "Ada"


@pytest.mark.parametrize(
    "address",
    [
        "a" * 65 + "@example.com",
        "a@" + "b" * 250 + ".com",
        "a" * 60_000,
        "a." * 30_000 + "@b.com",
        "@" * 60_000,
    ],
    ids=len,
)
def test_long_address_is_answered_fast(app: Watched, hashes: list[str], address: str) -> None:
    app.wire.clear()
    hashes.clear()
    assert app.log_in(address).code == "invalid_input"
    assert not app.wire.calls
    assert not hashes


@pytest.mark.parametrize("address", PASTED_ADDRESSES, ids=ascii)
def test_pasted_address_is_the_same_account_at_every_door(app: Watched, address: str) -> None:
    app.moto.user("ada@example.com")
    assert app.register(address).code == "email_taken"
    assert app.log_in(address).status == 200
    assert app.ask("POST", "/passwords/forgot", {"email": address}).status == 202
    assert app.mail("reset_password")["to"] == "ada@example.com"


HOSTILE_ADDRESSES = {**BROKEN_ADDRESSES, **AMBIGUOUS_ADDRESSES}


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES, ids=ascii)
def test_address_that_mail_systems_misread_is_never_mailed(
    strict_app: Watched, address: str
) -> None:
    ada = strict_app.moto.access_token(strict_app.moto.user(ADA))
    strict_app.post()
    change = {"new_email": address, "password": PASSWORD}
    for answer, pointer in (
        (strict_app.register(address), "/email"),
        (strict_app.ask("POST", "/emails/change", change, token=ada), "/new_email"),
    ):
        problem = {"pointer": pointer, "detail": HOSTILE_ADDRESSES[address]}
        assert (answer.status, answer.json["errors"]) == (422, [problem])
    for path in ("/register/resend", "/passwords/forgot"):
        assert strict_app.ask("POST", path, {"email": address}).status in (202, 422)
    assert not [mail for mail in strict_app.post() if mail["template"] != "nothing"]


@pytest.mark.parametrize("address", AMBIGUOUS_ADDRESSES)
def test_account_of_an_earlier_version_signs_in_resets_moves_and_ends(
    app: Watched, address: str
) -> None:
    user = app.moto.user(address)
    token = app.tokens(address)["access_token"]
    assert app.ask("POST", "/passwords/forgot", {"email": address}).status == 202
    reset = {"token": app.mailed_token("reset_password", user.email), "password": NEW_PASSWORD}
    assert app.ask("POST", "/passwords/reset", reset).status == 204
    token = app.tokens(address, NEW_PASSWORD)["access_token"]
    move = {"new_email": "ada@example.org", "password": NEW_PASSWORD}
    assert app.ask("POST", "/emails/change", move, token=token).status == 202
    for template in ("confirm_old_email", "confirm_new_email"):
        proof = {"token": app.mailed_token(template)}
        assert app.ask("POST", "/emails/confirm", proof).status == 204
    assert app.log_in(address, NEW_PASSWORD).status == 401
    ended = app.ask("DELETE", "/profile", {"password": NEW_PASSWORD}, token=token)
    assert ended.status == 204


@pytest.mark.parametrize("address", AMBIGUOUS_ADDRESSES)
def test_account_of_an_earlier_version_is_deleted_whole(app: Watched, address: str) -> None:
    user = app.moto.user(address)
    token = app.tokens(address)["access_token"]
    assert app.ask("DELETE", "/profile", {"password": PASSWORD}, token=token).status == 204
    assert not app.items(f"USER#{user.id}")
    assert not [item for item in app.items("EMAIL#") if item["user_id"]["S"] == user.id]


# Names.


@pytest.mark.parametrize("script", HONEST_NAMES)
def test_name_of_any_script_is_accepted_and_shown(app: Watched, script: str) -> None:
    token = app.moto.access_token(app.moto.user(ADA))
    for name in HONEST_NAMES[script]:
        answer = app.ask("PATCH", "/profile", {"name": name}, token=token)
        assert (answer.status, answer.json["name"]) == (200, name)


@pytest.mark.parametrize("kind", [each for each in HOSTILE_NAMES if each != "surrogate"])
def test_hostile_name_is_refused_at_every_door(app: Watched, kind: str) -> None:
    token = app.moto.access_token(app.moto.user(ADA))
    name = HOSTILE_NAMES[kind]
    body = {"email": "eve@example.com", "password": PASSWORD, "name": name}
    for answer in (
        app.ask("POST", "/register", body),
        app.ask("PATCH", "/profile", {"name": name}, token=token),
    ):
        assert answer.status == (400 if "\x00" in name else 422)
    assert app.ask("GET", "/profile", token=token).json["name"] is None


# Passwords.


def test_two_passwords_that_share_72_bytes(app: Watched) -> None:
    start = "0123456789ab" * 6
    assert app.register(ADA, start + "one").status == 201
    assert app.log_in(ADA, start + "two").status == 401
    assert app.log_in(ADA, start).status == 401
    assert app.log_in(ADA, start + "one").status == 200


EMOJI = "".join(map(chr, range(0x1F600, 0x1F640)))


@pytest.mark.parametrize(
    "password",
    [EMOJI, EMOJI * 4, "long as it is " * 5 + "xyz", " a leading and a trailing space "],
    ids=["64 emoji", "256 characters", "73 bytes", "spaces"],
)
def test_unusual_password_is_a_password(app: Watched, password: str) -> None:
    assert app.register(ADA, password).status == 201
    assert app.log_in(ADA, password).status == 200
    assert app.log_in(ADA, password[:-1]).status == 401
    assert app.log_in(ADA, "~" + password[1:]).status == 401


def test_composed_and_decomposed_are_one_password(app: Watched) -> None:
    assert app.register(ADA, "cafe\u0301 au lait, encore").status == 201
    assert app.log_in(ADA, "caf\u00e9 au lait, encore").status == 200


@pytest.mark.parametrize(
    "password", ["", "short", "a" * 257, "\U0001f600" * 257, ADA, ADA.upper(), "1qaz2wsx3edc4rfv"]
)
def test_password_that_may_not_be_chosen(app: Watched, hashes: list[str], password: str) -> None:
    hashes.clear()
    assert app.register(ADA, password).code == "invalid_input"
    assert not hashes
    assert password not in app.register(ADA, password).text or not password


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "qwertyuiopasdfgh",
        "Example123456789",
        "Countess Lovelace 1815",
        "ab" * 9,
    ],
)
def test_password_that_is_guessed_first_is_taken_by_no_door(
    app: Watched, hashes: list[str], password: str
) -> None:
    user = app.moto.user(ADA, name="Countess Lovelace")
    token = app.moto.access_token(user)
    app.ask("POST", "/passwords/forgot", {"email": ADA})
    link = app.mailed_token("reset_password")
    new = {"email": "countess@example.org", "password": password, "name": "Countess Lovelace"}
    change = {"current_password": PASSWORD, "new_password": password}
    hashes.clear()
    assert app.ask("POST", "/register", new).code == "invalid_input"
    reset = {"token": link, "password": password}
    assert app.ask("POST", "/passwords/reset", reset).code == "invalid_input"
    assert not hashes
    answer = app.ask("PUT", "/password", change, token=token)
    assert answer.json["errors"][0]["pointer"] == "/new_password"
    assert app.opens(ADA, PASSWORD)


# Mass assignment.


FIELDS = (
    *("role", "roles", "admin", "is_admin", "verified", "email_verified", "user_id", "id", "sub"),
    *("pk", "sk", "ttl", "password_hash", "token_epoch", "disabled", "created_at", "status", "sid"),
)


@pytest.mark.parametrize("field", FIELDS)
def test_mass_assignment_changes_nothing(app: Watched, field: str) -> None:
    body = {"email": ADA, "password": PASSWORD, field: True}
    assert app.ask("POST", "/register", body).code == "invalid_input"
    app.moto.user(ADA)
    token = app.tokens(ADA)["access_token"]
    (before,) = (item for item in app.items("USER#", "PROFILE") if item["email"]["S"] == ADA)
    for value in (True, "x", 1, None):
        answer = app.ask("PATCH", "/profile", {"name": "A", field: value}, token=token)
        assert answer.code == "invalid_input"
    (after,) = (item for item in app.items("USER#", "PROFILE") if item["email"]["S"] == ADA)
    assert after == before


def test_address_is_not_changed_by_the_profile(app: Watched) -> None:
    app.moto.user(ADA)
    token = app.tokens(ADA)["access_token"]
    for field in ("email", "new_email", "password"):
        answer = app.ask("PATCH", "/profile", {field: "eve@example.com"}, token=token)
        assert answer.code == "invalid_input"


# Objects of other users.


def test_sessions_of_others_answer_like_missing_ones(app: Watched) -> None:
    app.moto.user(ADA)
    hers = app.tokens(ADA)["access_token"]
    eve = app.moto.access_token(app.moto.user())
    target = app.moto.backend.keys.verify_access(hers).session_id
    other = app.ask("DELETE", f"/sessions/{target}", token=eve)
    missing = app.ask("DELETE", f"/sessions/{'0' * 32}", token=eve)
    assert (other.status, other.text) == (missing.status, missing.text)
    assert other.status == 404
    assert app.is_live(hers)


def test_everything_of_others_stays_theirs(app: Watched) -> None:
    user = app.moto.user(ADA)
    hers = app.tokens(ADA)["access_token"]
    eve = app.moto.access_token(app.moto.user())
    for path in ("/profile", "/profile/export", "/profile/events", "/sessions"):
        text = app.ask("GET", f"{path}?user_id={user.id}&sub={user.id}", token=eve).text
        assert user.id not in text
        assert ADA not in text
    app.ask("DELETE", f"/sessions?user_id={user.id}", token=eve)
    assert app.is_live(hers)
    app.ask(
        "PUT", "/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}, token=eve
    )
    assert app.opens(ADA, PASSWORD)


def test_export_holds_no_secret(app: Watched) -> None:
    app.moto.user(ADA)
    tokens = app.tokens(ADA)
    text = app.ask("GET", "/profile/export", token=tokens["access_token"]).text
    for word in ("password_hash", "token_epoch", tokens["refresh_token"], "counter", "bcrypt"):
        assert word not in text
