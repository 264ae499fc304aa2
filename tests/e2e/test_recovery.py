"""An account from registration to deletion, where addresses must be verified."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from harness.local_stack import LocalStack, until

PASSWORD = "correct horse battery staple"
SECOND = "a quite different passphrase"
TOKEN = re.compile(r"#[a-z-]+=([A-Za-z0-9_-]{43})")
CODE = re.compile(r"\b([0-9]{6})\b")


@dataclass
class Mailbox:
    """The mails to one address."""

    stack: LocalStack
    address: str

    def await_mail(self, subject: str) -> str:
        """Waits for a mail with these words in its subject. Returns the text of the newest one."""

        def newest() -> str | None:
            mails = (m for m in self.stack.mails(self.address) if subject in m["Subject"])
            return next((text_of(mail) for mail in mails), None)

        return until(newest)

    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.stack.mails(self.address)]

    def await_token(self, subject: str) -> str:
        return token_in(self.await_mail(subject))


def text_of(mail: dict[str, Any]) -> str:
    return str(mail)


def token_in(text: str) -> str:
    match = TOKEN.search(text)
    assert match, text
    return match[1]


@pytest.fixture(scope="module")
def api(strict_stack: LocalStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=strict_stack.http, timeout=30) as client:
        yield client


@pytest.fixture
def mailbox(strict_stack: LocalStack) -> Mailbox:
    return Mailbox(strict_stack, f"user-{secrets.token_hex(8)}@example.com")


def register(api: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return api.post("/register", json={"email": email, "password": password})


def log_in(api: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return api.post("/login", json={"email": email, "password": password})


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


@pytest.fixture
def tokens(api: httpx.Client, mailbox: Mailbox) -> dict[str, Any]:
    """The first tokens of a user whose address is verified."""
    assert register(api, mailbox.address).status_code == 202
    proof = {"token": mailbox.await_token("Your Gatehouse code"), "password": PASSWORD}
    assert api.post("/register/verify", json=proof).status_code == 204
    signed_in = log_in(api, mailbox.address)
    assert signed_in.status_code == 200, signed_in.text
    answer: dict[str, Any] = signed_in.json()
    return answer


# Verification.


def test_nobody_signs_in_before_the_address_is_verified(
    api: httpx.Client, mailbox: Mailbox
) -> None:
    register(api, mailbox.address)
    assert log_in(api, mailbox.address).json()["code"] == "invalid_credentials"


def test_link_verifies_the_address(api: httpx.Client, tokens: dict[str, Any]) -> None:
    assert api.get("/profile", headers=bearer(tokens)).json()["email_verified"] is True


def test_code_verifies_the_address(api: httpx.Client, mailbox: Mailbox) -> None:
    register(api, mailbox.address)
    (subject,) = until(lambda: mailbox.subjects() or None)
    match = CODE.search(subject)
    assert match
    proof = {"email": mailbox.address, "code": match[1], "password": PASSWORD}
    assert api.post("/register/verify", json=proof).status_code == 204
    assert log_in(api, mailbox.address).status_code == 200


def test_mail_comes_again(api: httpx.Client, mailbox: Mailbox) -> None:
    register(api, mailbox.address)
    mailbox.await_mail("Your Gatehouse code")
    assert api.post("/register/resend", json={"email": mailbox.address}).status_code == 202
    until(lambda: len(mailbox.subjects()) == 2 or None)


def test_taken_address_gets_the_same_answer_and_another_mail(
    api: httpx.Client, mailbox: Mailbox, tokens: dict[str, Any]
) -> None:
    assert register(api, mailbox.address).status_code == 202
    mailbox.await_mail("already have a Gatehouse account")


# Recovery.


def test_forgotten_password_is_replaced_and_every_session_ends(
    api: httpx.Client, mailbox: Mailbox, tokens: dict[str, Any]
) -> None:
    assert api.post("/passwords/forgot", json={"email": mailbox.address}).status_code == 202
    reset = {"token": mailbox.await_token("Reset your Gatehouse password"), "password": SECOND}
    assert api.post("/passwords/reset", json=reset).status_code == 204
    assert api.post("/passwords/reset", json=reset).json()["code"] == "invalid_link"
    old = {"refresh_token": tokens["refresh_token"]}
    assert api.post("/sessions/refresh", json=old).json()["code"] == "invalid_grant"
    assert log_in(api, mailbox.address).status_code == 401
    assert log_in(api, mailbox.address, SECOND).status_code == 200
    mailbox.await_mail("was changed")


def test_stranger_who_forgot_a_password_gets_the_same_answer_and_no_mail(
    api: httpx.Client, mailbox: Mailbox
) -> None:
    assert api.post("/passwords/forgot", json={"email": mailbox.address}).status_code == 202
    assert mailbox.subjects() == []


def test_password_is_changed_and_the_own_session_goes_on(
    api: httpx.Client, mailbox: Mailbox, tokens: dict[str, Any]
) -> None:
    other = log_in(api, mailbox.address).json()
    change = {"current_password": PASSWORD, "new_password": SECOND}
    assert api.put("/password", headers=bearer(tokens), json=change).status_code == 204
    assert api.get("/sessions", headers=bearer(tokens)).status_code == 200
    assert api.get("/sessions", headers=bearer(other)).json()["code"] == "invalid_token"


# Another address.


def test_account_moves_when_both_ends_have_confirmed(
    api: httpx.Client, strict_stack: LocalStack, mailbox: Mailbox, tokens: dict[str, Any]
) -> None:
    new = Mailbox(strict_stack, f"new-{secrets.token_hex(8)}@example.com")
    change = {"new_email": new.address, "password": PASSWORD}
    assert api.post("/emails/change", headers=bearer(tokens), json=change).status_code == 202
    for token in (
        mailbox.await_token("Confirm the new email"),
        new.await_token("Confirm your new"),
    ):
        assert log_in(api, new.address).status_code == 401
        assert api.post("/emails/confirm", json={"token": token}).status_code == 204
    assert log_in(api, new.address).status_code == 200
    assert log_in(api, mailbox.address).status_code == 401


# Sessions and deletion.


def test_session_is_revoked_by_another_one(
    api: httpx.Client, mailbox: Mailbox, tokens: dict[str, Any]
) -> None:
    other = log_in(api, mailbox.address).json()
    sessions = api.get("/sessions", headers=bearer(tokens)).json()["sessions"]
    (foreign,) = (each["id"] for each in sessions if not each["current"])
    assert api.delete(f"/sessions/{foreign}", headers=bearer(tokens)).status_code == 204
    stale = {"refresh_token": other["refresh_token"]}
    assert api.post("/sessions/refresh", json=stale).json()["code"] == "invalid_grant"
    assert len(api.get("/sessions", headers=bearer(tokens)).json()["sessions"]) == 1


def test_everything_that_happened_is_found_among_the_events(
    api: httpx.Client, tokens: dict[str, Any]
) -> None:
    events = api.get("/profile/events", headers=bearer(tokens)).json()["events"]
    assert {event["tag"] for event in events} == {"user:account:create", "user:session:start"}


def test_export_holds_the_profile(
    api: httpx.Client, mailbox: Mailbox, tokens: dict[str, Any]
) -> None:
    export = api.get("/profile/export", headers=bearer(tokens)).json()
    assert export["profile"]["email"] == mailbox.address


def test_address_of_a_deleted_account_is_free(
    api: httpx.Client, mailbox: Mailbox, tokens: dict[str, Any]
) -> None:
    gone = api.request("DELETE", "/profile", headers=bearer(tokens), json={"password": PASSWORD})
    assert gone.status_code == 204, gone.text
    mailbox.await_mail("was deleted")
    assert log_in(api, mailbox.address).status_code == 401
    assert register(api, mailbox.address, SECOND).status_code == 202
    until(lambda: sum("Your Gatehouse code" in each for each in mailbox.subjects()) == 2 or None)
