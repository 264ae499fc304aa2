"""Register: create an account and its email, or nothing."""

from typing import Any

import pytest
from pydantic import ValidationError

from gatehouse.emails.messages import Message
from gatehouse.errors import EmailTaken, InvalidInput, Unavailable
from gatehouse.flows.accounts.read_profile import Profile
from gatehouse.flows.accounts.register import Register, register
from gatehouse.flows.sign_in.start_session import start_session
from gatehouse.identity import parse_address
from gatehouse.passwords import verify_password
from harness.moto_backend import PASSWORD, PUBLIC_URL, START, MotoBackend, moto_backend
from tests.support.calls import before, broken, contend, recorded
from tests.support.people import PHONE, mails, tags


def request(email: str = "Ada@Example.com", **others: Any) -> Register:
    return Register.model_validate({"email": email, "password": PASSWORD, **others})


def make(moto: MotoBackend, email: str = "Ada@Example.com", **others: Any) -> Profile:
    """Returns the account that a registration creates where addresses are not verified."""
    profile = register(moto.backend, request(email, **others), PHONE)
    assert profile
    return profile


def test_account_is_made_and_shown(moto: MotoBackend) -> None:
    profile = make(moto, name="Ada")
    assert profile == Profile(
        profile.id,
        "Ada@example.com",
        "Ada",
        email_verified=False,
        created_at="2027-01-15T08:00:00Z",
    )


def test_account_is_kept_with_a_hash_of_its_password(moto: MotoBackend) -> None:
    user = moto.backend.accounts.users.by_id(make(moto).id)
    assert user
    assert PASSWORD not in str(moto.accounts())
    assert verify_password(PASSWORD, user.password_hash, moto.backend.keys.peppers, cost=4)


def test_welcome_is_handed_over_once(moto: MotoBackend) -> None:
    profile = make(moto, name="Ada")
    values = {"name": "there", "public_url": PUBLIC_URL}
    message = Message(f"welcome-{profile.id}", "welcome", "Ada@example.com", values)
    assert moto.queued() == [message.to_json()]
    assert not [item for item in moto.accounts() if item["pk"]["S"] == "OUTBOX"]


def test_welcome_waits_in_the_transaction_of_the_account(moto: MotoBackend) -> None:
    with broken("SendMessage"):
        make(moto)
    assert [item["pk"]["S"] for item in moto.accounts()].count("OUTBOX") == 1


def test_no_account_and_no_mail_where_the_table_does_not_answer(moto: MotoBackend) -> None:
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        make(moto)
    assert (moto.accounts(), moto.queued()) == ([], [])


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM"])
def test_taken_address_is_refused_without_a_mail(moto: MotoBackend, email: str) -> None:
    moto.user("ada@example.com")
    with pytest.raises(EmailTaken):
        make(moto, email)
    assert moto.queued() == []


def test_earlier_password_is_not_replaced_by_a_second_registration(moto: MotoBackend) -> None:
    user = moto.user("ada@example.com")
    with pytest.raises(EmailTaken):
        make(moto, password="another good umbrella")
    assert moto.backend.accounts.users.by_id(user.id) == user


def test_one_of_16_registrations_of_an_address_wins(moto: MotoBackend) -> None:
    ids: list[str] = []

    def attempt() -> None:
        try:
            ids.append(make(moto).id)
        except EmailTaken:
            return

    contend("TransactWriteItems", [attempt] * 16)
    assert len(ids) == 1
    assert [mail["key"] for mail in moto.queued()] == [f"welcome-{ids[0]}"]


def test_rival_is_told_of_neither_account_nor_mail(moto: MotoBackend) -> None:
    def rival() -> None:
        make(moto)

    with before("TransactWriteItems", rival), pytest.raises(EmailTaken):
        make(moto)
    assert len(moto.queued()) == 1


@pytest.mark.parametrize(("password", "reason"), [("short", "fewer"), ("x" * 257, "more")])
def test_weak_password_is_refused_with_a_reason(
    moto: MotoBackend, password: str, reason: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        make(moto, password=password)
    (problem,) = refused.value.problems
    assert problem.pointer == "/password"
    assert reason in problem.detail
    assert moto.accounts() == []


def test_least_length_of_passwords_is_a_setting() -> None:
    with moto_backend(min_password_length=8) as moto:
        assert make(moto, password="x7Gq-2pL")


@pytest.mark.parametrize(
    "field",
    ["id", "role", "email_verified", "disabled", "token_epoch", "password_hash", "pk", "ttl"],
)
def test_mass_assignment_is_refused(field: str) -> None:
    with pytest.raises(ValidationError):
        request(**{field: "x"})


def test_account_begins_with_an_event(moto: MotoBackend) -> None:
    assert tags(moto, make(moto).id) == ["user:account:create"]


def test_device_of_the_registration_is_known_at_the_first_sign_in(moto: MotoBackend) -> None:
    user = moto.backend.accounts.users.by_id(make(moto).id)
    assert user
    moto.queued()
    start_session(moto.backend, user, PHONE)
    assert moto.queued() == []


@pytest.mark.parametrize("password", ["Ada@Example.com", "ada@example.com"])
def test_own_address_is_no_password(password: str) -> None:
    with moto_backend(min_password_length=8) as moto, pytest.raises(InvalidInput):
        make(moto, password=password)


# With verification of addresses.


def ask(moto: MotoBackend, **others: Any) -> None:
    assert register(moto.backend, request(**others), PHONE) is None


def test_there_is_no_account_before_the_address_is_verified(strict_moto: MotoBackend) -> None:
    ask(strict_moto)
    assert strict_moto.backend.accounts.users.by_email(parse_address("ada@example.com")) is None


def test_registration_waits_with_a_hash_of_its_password(strict_moto: MotoBackend) -> None:
    ask(strict_moto, name="Ada")
    waiting = strict_moto.backend.accounts.registrations.latest("ada@example.com", START)
    assert waiting
    assert (waiting.address.written, waiting.name) == ("Ada@example.com", "Ada")
    peppers = strict_moto.backend.keys.peppers
    assert verify_password(PASSWORD, waiting.password_hash, peppers, cost=4)


def test_mail_goes_to_the_address_with_link_and_code(strict_moto: MotoBackend) -> None:
    ask(strict_moto)
    mail = mails(strict_moto)["verify_email"]
    assert mail["to"] == "Ada@example.com"
    assert set(mail["values"]) == {"code", "link"}


def test_taken_address_gets_the_same_answer_and_a_mail(strict_moto: MotoBackend) -> None:
    strict_moto.user("ada@example.com")
    ask(strict_moto)
    assert list(mails(strict_moto)) == ["already_registered"]


def test_calls_are_the_same_for_known_and_unknown_addresses(strict_moto: MotoBackend) -> None:
    strict_moto.user("ada@example.com")
    shapes = []
    for email in ("ada@example.com", "eve@example.com"):
        with recorded() as calls:
            ask(strict_moto, email=email)
        shapes.append(
            [(call.operation, len(call.params.get("TransactItems", ()))) for call in calls]
        )
    assert shapes[0] == shapes[1]


def test_weak_password_is_refused_before_anything_waits(strict_moto: MotoBackend) -> None:
    with pytest.raises(InvalidInput):
        ask(strict_moto, password="short")
    assert (strict_moto.accounts(), strict_moto.queued()) == ([], [])


def test_many_registrations_may_wait_for_one_address(strict_moto: MotoBackend) -> None:
    for _ in range(3):
        ask(strict_moto)
    pending = [item for item in strict_moto.accounts() if "PENDING#" in item["sk"]["S"]]
    assert len(pending) == 3
