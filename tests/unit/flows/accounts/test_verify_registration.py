"""Verify a registration: it takes both the mailbox and the password to create the account."""

from typing import Any

import pytest
from pydantic import ValidationError

from gatehouse.errors import InvalidCredentials, InvalidLink
from gatehouse.flows.accounts.register import Register, register
from gatehouse.flows.accounts.verify_registration import VerifyRegistration, verify_registration
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.identity import parse_address
from gatehouse.stores.links import CODE_LIFE, LINK_LIFE, MOST_TRIES
from gatehouse.stores.users import User
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.calls import before, contend, recorded
from tests.support.people import PHONE, mails, partitions, tags, token_in

EMAIL = "ada@example.com"
ADA = parse_address(EMAIL)


def asked(moto: MotoBackend, password: str = PASSWORD) -> dict[str, Any]:
    """Registers the address. Returns the email about it."""
    request = Register.model_validate({"email": EMAIL, "password": password, "name": "Ada"})
    assert register(moto.backend, request, PHONE) is None
    return mails(moto)["verify_email"]


def verify(moto: MotoBackend, password: str = PASSWORD, **proof: str) -> None:
    request = VerifyRegistration.model_validate({"password": password, **proof})
    verify_registration(moto.backend, request, PHONE)


def by_token(mail: dict[str, Any]) -> dict[str, str]:
    return {"token": token_in(mail)}


def by_code(mail: dict[str, Any]) -> dict[str, str]:
    return {"email": EMAIL, "code": mail["values"]["code"]}


both_ways = pytest.mark.parametrize("way", [by_token, by_code])


def account(moto: MotoBackend) -> User:
    user = moto.backend.accounts.users.by_email(ADA)
    assert user
    return user


@both_ways
def test_mailbox_and_password_make_the_account(strict_moto: MotoBackend, way: Any) -> None:
    verify(strict_moto, **way(asked(strict_moto)))
    user = account(strict_moto)
    assert (user.email, user.name, user.email_verified) == (EMAIL, "Ada", True)


def test_chosen_password_signs_in_afterwards(strict_moto: MotoBackend) -> None:
    verify(strict_moto, **by_token(asked(strict_moto)))
    request = LogIn.model_validate({"email": EMAIL, "password": PASSWORD})
    assert log_in(strict_moto.backend, request, PHONE)


def test_device_of_the_verification_is_known_at_the_first_sign_in(strict_moto: MotoBackend) -> None:
    verify(strict_moto, **by_token(asked(strict_moto)))
    mails(strict_moto)
    log_in(strict_moto.backend, LogIn.model_validate({"email": EMAIL, "password": PASSWORD}), PHONE)
    assert mails(strict_moto) == {}


def test_nobody_is_signed_in_by_it(strict_moto: MotoBackend) -> None:
    verify(strict_moto, **by_token(asked(strict_moto)))
    assert strict_moto.backend.accounts.sessions.of_user(account(strict_moto).id) == []


def test_account_begins_with_an_event_and_a_welcome(strict_moto: MotoBackend) -> None:
    verify(strict_moto, **by_token(asked(strict_moto)))
    assert tags(strict_moto, account(strict_moto).id) == ["user:account:create"]
    assert mails(strict_moto)["welcome"]["to"] == EMAIL


def test_registration_is_gone_afterwards(strict_moto: MotoBackend) -> None:
    verify(strict_moto, **by_token(asked(strict_moto)))
    assert strict_moto.backend.accounts.registrations.latest(ADA.canonical, 0) is None


@both_ways
def test_proof_is_used_once(strict_moto: MotoBackend, way: Any) -> None:
    proof = way(asked(strict_moto))
    verify(strict_moto, **proof)
    with pytest.raises(InvalidLink):
        verify(strict_moto, **proof)


def test_code_is_dead_after_the_link_was_used(strict_moto: MotoBackend) -> None:
    mail = asked(strict_moto)
    verify(strict_moto, **by_token(mail))
    with pytest.raises(InvalidLink):
        verify(strict_moto, **by_code(mail))


def test_one_of_16_verifications_wins(strict_moto: MotoBackend) -> None:
    proof = by_token(asked(strict_moto))
    ids: list[str] = []

    def attempt() -> None:
        try:
            verify(strict_moto, **proof)
        except InvalidLink:
            return
        ids.append(account(strict_moto).id)

    contend("TransactWriteItems", [attempt] * 16)
    assert len(ids) == 1
    assert list(mails(strict_moto)) == ["welcome"]


# The password of that registration.


def test_owner_who_opens_the_link_of_a_stranger_makes_no_account(strict_moto: MotoBackend) -> None:
    mail = asked(strict_moto, password="umbrella of a stranger")
    with pytest.raises(InvalidCredentials):
        verify(strict_moto, "umbrella of the owner", **by_token(mail))
    assert strict_moto.backend.accounts.users.by_email(ADA) is None


def test_wrong_password_uses_nothing_up(strict_moto: MotoBackend) -> None:
    mail = asked(strict_moto)
    with pytest.raises(InvalidCredentials):
        verify(strict_moto, "wrong", **by_token(mail))
    verify(strict_moto, **by_token(mail))


def test_link_is_dead_after_ten_tries(strict_moto: MotoBackend) -> None:
    mail = asked(strict_moto)
    for _ in range(MOST_TRIES):
        with pytest.raises(InvalidCredentials):
            verify(strict_moto, "wrong", **by_token(mail))
    with pytest.raises(InvalidLink):
        verify(strict_moto, **by_token(mail))


def test_two_registrations_of_one_address_do_not_mix(strict_moto: MotoBackend) -> None:
    stranger = asked(strict_moto, password="umbrella of a stranger")
    owner = asked(strict_moto)
    with pytest.raises(InvalidCredentials):
        verify(strict_moto, PASSWORD, **by_token(stranger))
    verify(strict_moto, **by_token(owner))


def test_earlier_registration_is_dead_once_there_is_an_account(strict_moto: MotoBackend) -> None:
    stranger = asked(strict_moto, password="umbrella of a stranger")
    verify(strict_moto, **by_token(asked(strict_moto)))
    user = account(strict_moto)
    with pytest.raises(InvalidLink):
        verify(strict_moto, "umbrella of a stranger", **by_token(stranger))
    assert account(strict_moto) == user


def test_account_that_is_made_meanwhile_wins(strict_moto: MotoBackend) -> None:
    mail = asked(strict_moto)
    with (
        before("TransactWriteItems", lambda: strict_moto.user(EMAIL)),
        pytest.raises(InvalidLink),
    ):
        verify(strict_moto, **by_token(mail))
    assert partitions(strict_moto).count("USER") == 1


# Invalid proofs.


@pytest.mark.parametrize(("way", "life"), [(by_token, LINK_LIFE), (by_code, CODE_LIFE)])
def test_proof_ends(strict_moto: MotoBackend, way: Any, life: int) -> None:
    proof = way(asked(strict_moto))
    strict_moto.clock.advance(life)
    with pytest.raises(InvalidLink):
        verify(strict_moto, **proof)


@pytest.mark.parametrize(("way", "life"), [(by_token, LINK_LIFE), (by_code, CODE_LIFE)])
def test_proof_is_good_until_its_last_second(strict_moto: MotoBackend, way: Any, life: int) -> None:
    proof = way(asked(strict_moto))
    strict_moto.clock.advance(life - 1)
    verify(strict_moto, **proof)


def test_code_is_worth_nothing_for_another_address(strict_moto: MotoBackend) -> None:
    code = asked(strict_moto)["values"]["code"]
    with pytest.raises(InvalidLink):
        verify(strict_moto, email="eve@example.com", code=code)


def test_unknown_token_costs_no_hash_and_no_write(strict_moto: MotoBackend) -> None:
    with recorded() as calls, pytest.raises(InvalidLink):
        verify(strict_moto, token="x" * 43)
    assert [call.operation for call in calls] == ["GetItem"]


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"token": "x" * 43, "email": EMAIL, "code": "123456"},
        {"token": "x" * 43, "code": "123456"},
        {"email": EMAIL},
        {"code": "123456"},
        {"token": "x" * 42},
        {"token": "x" * 42 + "#"},
        {"email": EMAIL, "code": "12345"},
        {"email": EMAIL, "code": "١٢٣٤٥٦"},
    ],
    ids=str,
)
def test_proof_is_either_a_token_or_address_and_code(proof: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        VerifyRegistration.model_validate({"password": PASSWORD, **proof})
