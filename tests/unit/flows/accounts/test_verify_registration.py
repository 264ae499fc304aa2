"""Verify a registration: it takes both the mailbox and the password to create the account."""

import hashlib
from typing import Any

import pytest
from pydantic import ValidationError

from gatehouse.errors import InvalidCredentials, InvalidLink
from gatehouse.flows.accounts.register import Register, register
from gatehouse.flows.accounts.resend_verification import ResendVerification, resend_verification
from gatehouse.flows.accounts.verify_registration import (
    MOST_CANDIDATES,
    VerifyRegistration,
    verify_registration,
)
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.identity import Device, known_address, new_id, parse_address
from gatehouse.passwords import hash_password
from gatehouse.stores import codes, item_keys, links
from gatehouse.stores.links import LINK_LIFE, MOST_TRIES, Link
from gatehouse.stores.registrations import Registration
from gatehouse.stores.table import when
from gatehouse.stores.users import User
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.calls import before, contend, recorded
from tests.support.people import PHONE, mails, partitions, tags, token_in

EMAIL = "ada@example.com"
ADA = parse_address(EMAIL)
STRANGER = Device("203.0.113.66", "Firefox of a stranger")
ELSEWHERE = Device("192.0.2.99", "Firefox on the road")
OTHER = "umbrella of a stranger"


def asked(
    moto: MotoBackend, password: str = PASSWORD, device: Device = PHONE, name: str = "Ada"
) -> dict[str, Any]:
    """Registers the address. Returns the email about it."""
    request = Register.model_validate({"email": EMAIL, "password": password, "name": name})
    assert register(moto.backend, request, device) is None
    return mails(moto)["verify_email"]


def resent(moto: MotoBackend) -> dict[str, Any]:
    resend_verification(moto.backend, ResendVerification.model_validate({"email": EMAIL}), PHONE)
    return mails(moto)["verify_email"]


def displaced(moto: MotoBackend) -> dict[str, Any]:
    """Registers the address, then as often as hashes are bounded as a stranger.

    Returns the email of the first registration.
    """
    mail = asked(moto)
    for n in range(MOST_CANDIDATES):
        moto.clock.advance(1)
        asked(moto, f"{OTHER} {n}", STRANGER)
    return mail


def verify(
    moto: MotoBackend, password: str = PASSWORD, *, device: Device = PHONE, **proof: str
) -> None:
    request = VerifyRegistration.model_validate({"password": password, **proof})
    verify_registration(moto.backend, request, device)


def by_token(mail: dict[str, Any]) -> dict[str, Any]:
    return {"token": token_in(mail)}


def by_code(mail: dict[str, Any]) -> dict[str, Any]:
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
    mail = asked(strict_moto, OTHER)
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


# The password picks the registration.


def test_code_is_good_for_the_owner_after_a_stranger_registered(strict_moto: MotoBackend) -> None:
    mail = asked(strict_moto)
    strict_moto.clock.advance(1)
    asked(strict_moto, OTHER, STRANGER, name="Eve")
    verify(strict_moto, **by_code(mail))
    assert account(strict_moto).name == "Ada"


def test_code_of_a_strangers_mail_is_the_owners(strict_moto: MotoBackend) -> None:
    strangers = asked(strict_moto, OTHER, STRANGER)
    assert by_code(asked(strict_moto)) == by_code(strangers)
    verify(strict_moto, **by_code(strangers))


@pytest.mark.parametrize("password", [PASSWORD, OTHER])
@both_ways
def test_password_picks_the_registration_of_a_mail_that_was_sent_again(
    strict_moto: MotoBackend, way: Any, password: str
) -> None:
    asked(strict_moto)
    strict_moto.clock.advance(1)
    asked(strict_moto, OTHER, STRANGER, name="Eve")
    verify(strict_moto, password, **way(resent(strict_moto)))
    assert account(strict_moto).name == {PASSWORD: "Ada", OTHER: "Eve"}[password]


def test_registration_after_a_mail_that_was_sent_again_does_not_void_it(
    strict_moto: MotoBackend,
) -> None:
    asked(strict_moto)
    mail = resent(strict_moto)
    for n in range(MOST_CANDIDATES - 1):
        asked(strict_moto, f"{OTHER} {n}", STRANGER)
    verify(strict_moto, device=ELSEWHERE, **by_token(mail))


def test_newest_of_two_registrations_with_one_password_is_picked(strict_moto: MotoBackend) -> None:
    asked(strict_moto, name="Ada L")
    strict_moto.clock.advance(1)
    verify(strict_moto, **by_code(asked(strict_moto, name="Ada Lovelace")))
    assert account(strict_moto).name == "Ada Lovelace"


def test_stranger_with_many_registrations_elsewhere_does_not_displace_the_owners(
    strict_moto: MotoBackend,
) -> None:
    verify(strict_moto, **by_code(displaced(strict_moto)))
    assert account(strict_moto)


def test_own_link_is_good_when_a_registration_is_displaced(strict_moto: MotoBackend) -> None:
    mail = displaced(strict_moto)
    with pytest.raises(InvalidCredentials):
        verify(strict_moto, device=ELSEWHERE, **by_code(mail))
    verify(strict_moto, device=ELSEWHERE, **by_token(mail))


@both_ways
def test_mail_that_was_sent_again_is_worth_nothing_once_there_is_an_account(
    strict_moto: MotoBackend, way: Any
) -> None:
    mail = asked(strict_moto)
    asked(strict_moto, OTHER, STRANGER)
    again = resent(strict_moto)
    verify(strict_moto, **by_token(mail))
    for password in (PASSWORD, OTHER, "wrong"):
        with pytest.raises(InvalidLink):
            verify(strict_moto, password, **way(again))


@both_ways
def test_one_request_costs_five_hashes_at_most(
    strict_moto: MotoBackend, way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    displaced(strict_moto)
    mail = resent(strict_moto)
    hashes: list[str] = []
    monkeypatch.setattr(
        "gatehouse.flows.accounts.verify_registration.verify_password",
        lambda *_, **__: hashes.append("one"),
    )
    with pytest.raises(InvalidCredentials):
        verify(strict_moto, "wrong", **way(mail))
    assert len(hashes) == 5


def test_code_is_dead_after_a_link_was_used_while_others_wait(strict_moto: MotoBackend) -> None:
    mail = asked(strict_moto)
    asked(strict_moto, OTHER, STRANGER)
    verify(strict_moto, **by_token(mail))
    with pytest.raises(InvalidLink):
        verify(strict_moto, OTHER, **by_code(mail))


def test_wrong_password_uses_up_one_try_of_the_code(strict_moto: MotoBackend) -> None:
    mail = asked(strict_moto)
    for _ in range(codes.MOST_TRIES):
        with pytest.raises(InvalidCredentials):
            verify(strict_moto, "wrong", **by_code(mail))
    with pytest.raises(InvalidLink):
        verify(strict_moto, **by_code(mail))
    verify(strict_moto, **by_token(mail))


def test_wrong_code_costs_one_write_and_no_hash(strict_moto: MotoBackend) -> None:
    code = f"{(int(asked(strict_moto)['values']['code']) + 1) % 1_000_000:06d}"
    with recorded() as calls, pytest.raises(InvalidLink):
        verify(strict_moto, email=EMAIL, code=code)
    assert [call.operation for call in calls] == ["UpdateItem"]


def test_code_is_worth_nothing_once_no_registration_waits(strict_moto: MotoBackend) -> None:
    asked(strict_moto)
    strict_moto.clock.advance(86_399)
    code = resent(strict_moto)["values"]["code"]
    strict_moto.clock.advance(1)
    with pytest.raises(InvalidLink):
        verify(strict_moto, email=EMAIL, code=code)


# What the former version stored.


def stored_before(moto: MotoBackend) -> Registration:
    """Stores a registration as the former version did."""
    waiting = Registration(
        id=new_id(),
        address=ADA,
        password_hash=hash_password(PASSWORD, moto.backend.keys.peppers, cost=4),
        name="Ada",
        created_at=moto.clock.now(),
    )
    moto.backend.accounts.transact(moto.backend.accounts.registrations.adding(waiting))
    key = item_keys.registration(ADA.canonical, waiting.id)
    moto.backend.accounts.table.update(key, when("REMOVE #place"))
    return waiting


def link_before(moto: MotoBackend, link_hash: str) -> None:
    """Stores a link to the waiting registration as the former version did."""
    waiting = stored_before(moto)
    subject = {"canonical": ADA.canonical, "registration": waiting.id}
    link = Link(link_hash, links.VERIFY, subject, moto.clock.now() + 600)
    moto.backend.accounts.transact(moto.backend.accounts.links.adding(link))


def test_link_of_the_former_version_makes_the_account(strict_moto: MotoBackend) -> None:
    link_before(strict_moto, links.token_hash("x" * 43))
    verify(strict_moto, token="x" * 43)
    assert account(strict_moto)


def test_code_of_the_former_version_is_refused(strict_moto: MotoBackend) -> None:
    link_before(strict_moto, hashlib.sha256(f"code\n{ADA.canonical}\n123456".encode()).hexdigest())
    with pytest.raises(InvalidLink):
        verify(strict_moto, email=EMAIL, code="123456")


@both_ways
def test_registration_of_the_former_version_is_verified_by_a_new_mail(
    strict_moto: MotoBackend, way: Any
) -> None:
    stored_before(strict_moto)
    verify(strict_moto, **way(resent(strict_moto)))
    assert account(strict_moto)


# Invalid proofs.


@pytest.mark.parametrize(("way", "life"), [(by_token, LINK_LIFE), (by_code, codes.LIFE)])
def test_proof_ends(strict_moto: MotoBackend, way: Any, life: int) -> None:
    proof = way(asked(strict_moto))
    strict_moto.clock.advance(life)
    with pytest.raises(InvalidLink):
        verify(strict_moto, **proof)


@pytest.mark.parametrize(("way", "life"), [(by_token, LINK_LIFE), (by_code, codes.LIFE)])
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
        {"email": EMAIL, "code": "123456, valid for 10 minutes"},
    ],
    ids=str,
)
def test_proof_is_either_a_token_or_address_and_code(proof: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        VerifyRegistration.model_validate({"password": PASSWORD, **proof})


def test_code_is_good_as_it_is_pasted(strict_moto: MotoBackend) -> None:
    code = asked(strict_moto)["values"]["code"]
    verify(strict_moto, email=f"\u00a0{EMAIL}\t", code=f"Code: {code[:3]}\u2009{code[3:]}.")
    assert strict_moto.backend.accounts.users.by_email(parse_address(EMAIL))


def test_registration_that_an_earlier_version_accepted_is_verified(
    strict_moto: MotoBackend,
) -> None:
    hers = known_address("eve%relay.example@example.com")
    request = Register.model_construct(email=hers, password=PASSWORD, name=None)
    register(strict_moto.backend, request, PHONE)
    (mail,) = strict_moto.queued()
    verify(strict_moto, email=hers.written, code=mail["values"]["code"])
    assert strict_moto.backend.accounts.users.by_email(hers)
