"""Log in: one answer, one hash and two reads for every wrong guess."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import bcrypt
import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from gatehouse.errors import AccountDisabled, InvalidCredentials, Refusal, Unavailable
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.identity import Device
from gatehouse.passwords import Peppers, hash_password, is_behind
from gatehouse.stores.users import User
from gatehouse.tokens import verify_refresh
from harness.moto_backend import PASSWORD, START, MotoBackend
from tests.support.calls import before, broken, recorded
from tests.support.people import now_of, tags

DEVICE = Device("192.0.2.1", "UA")
EMAIL = "ada@example.com"


def attempt(moto: MotoBackend, email: str = EMAIL, password: str = PASSWORD) -> Tokens:
    request = LogIn.model_validate({"email": email, "password": password})
    return log_in(moto.backend, request, DEVICE)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Records the cost of each hash that is checked."""
    costs: list[int] = []
    real = bcrypt.checkpw

    def counted(password: bytes, digest: bytes) -> bool:
        costs.append(int(digest[4:6]))
        return real(password, digest)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return iter([costs])


# Accepted sign-ins.


def test_right_password_starts_a_session(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    tokens = attempt(moto)
    place = verify_refresh(tokens.refresh_token, moto.backend.keys.refresh_keys)
    session = moto.backend.accounts.sessions.get(user.id, place.session_id)
    assert session
    assert (session.user_id, session.counter, session.created_at) == (user.id, 0, START)
    assert (session.address, session.user_agent) == ("192.0.2.1", "UA")


def test_session_has_the_epoch_of_its_user(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    place = verify_refresh(attempt(moto).refresh_token, moto.backend.keys.refresh_keys)
    session = moto.backend.accounts.sessions.get(place.user_id, place.session_id)
    assert session
    assert session.token_epoch == 0


@pytest.mark.parametrize("email", ["ADA@example.com", " Ada@EXAMPLE.com "])
def test_any_spelling_of_the_address_signs_in(moto: MotoBackend, email: str) -> None:
    user = moto.user(EMAIL)
    token = attempt(moto, email).access_token
    assert moto.backend.keys.verify_access(token).user_id == user.id


def test_two_sign_ins_are_two_sessions(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    sessions = {
        verify_refresh(attempt(moto).refresh_token, moto.backend.keys.refresh_keys).session_id
        for _ in range(2)
    }
    assert len(sessions) == 2


def test_passwords_that_share_their_first_72_bytes_are_two(moto: MotoBackend) -> None:
    moto.user(EMAIL, password="a" * 72 + "x")
    with pytest.raises(InvalidCredentials):
        attempt(moto, password="a" * 72 + "y")


# Refused sign-ins, and what a guess reveals.


def unknown(moto: MotoBackend) -> None:
    pass


def wrong(moto: MotoBackend) -> None:
    moto.user(EMAIL, password="another good password")


def disabled_and_wrong(moto: MotoBackend) -> None:
    moto.user(EMAIL, password="another good password", disabled=True)


GUESSES = [unknown, wrong, disabled_and_wrong]


@pytest.mark.parametrize("prepare", GUESSES)
def test_wrong_guess_is_refused_and_writes_nothing_but_its_event(
    moto: MotoBackend, prepare: Callable[[MotoBackend], None]
) -> None:
    prepare(moto)
    items = moto.accounts()
    with pytest.raises(InvalidCredentials):
        attempt(moto)
    assert [each for each in moto.accounts() if not is_event(each)] == items


def is_event(item: dict[str, Any]) -> bool:
    return str(item["sk"]["S"]).startswith("EVENT#")


def test_wrong_guesses_get_the_same_refusal(moto: MotoBackend) -> None:
    refusals: list[Refusal] = []
    moto.user("eve@example.com", password="another good password")
    for email in ("eve@example.com", "nobody@example.com"):
        with pytest.raises(InvalidCredentials) as refused:
            attempt(moto, email)
        refusals.append(refused.value)
    assert {(type(each), each.detail, each.problems) for each in refusals} == {
        (InvalidCredentials, "", ())
    }


@pytest.mark.parametrize("prepare", GUESSES)
def test_every_wrong_guess_costs_exactly_one_hash(
    moto: MotoBackend, prepare: Callable[[MotoBackend], None], hashes: Iterator[list[int]]
) -> None:
    prepare(moto)
    with pytest.raises(InvalidCredentials):
        attempt(moto)
    assert next(hashes) == [4]


def test_right_password_costs_exactly_one_hash(
    moto: MotoBackend, hashes: Iterator[list[int]]
) -> None:
    moto.user(EMAIL)
    attempt(moto)
    assert next(hashes) == [4]


@pytest.mark.parametrize("prepare", GUESSES)
def test_every_wrong_guess_costs_the_same_two_reads_and_one_transaction(
    moto: MotoBackend, prepare: Callable[[MotoBackend], None]
) -> None:
    prepare(moto)
    _ = moto.backend.keys.peppers
    with recorded() as calls, pytest.raises(InvalidCredentials):
        attempt(moto)
    assert [call.operation for call in calls] == ["GetItem", "GetItem", "TransactWriteItems"]
    writes = [kind for write in calls[-1].params["TransactItems"] for kind in write]
    assert writes == ["ConditionCheck", "Update"]


def test_that_an_account_is_disabled_is_told_after_the_right_password(moto: MotoBackend) -> None:
    moto.user(EMAIL, disabled=True)
    items = moto.accounts()
    with pytest.raises(AccountDisabled):
        attempt(moto)
    assert moto.accounts() == items


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "GetSecretValue"])
def test_nobody_signs_in_while_aws_does_not_answer(moto: MotoBackend, operation: str) -> None:
    moto.user(EMAIL)
    broken_world = replace(moto, backend=replace(moto.backend))
    with broken(operation), pytest.raises(Unavailable):
        attempt(broken_world)


# Renewal of hashes.


def with_new_pepper(moto: MotoBackend) -> MotoBackend:
    backend = replace(moto.backend)
    keys = {**moto.backend.keys.peppers.keys, "p2": b"2" * 64}
    vars(backend.keys)["peppers"] = Peppers("p2", keys)
    return replace(moto, backend=backend)


def test_hash_with_an_older_pepper_is_renewed_at_a_sign_in(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    later = with_new_pepper(moto)
    attempt(later)
    renewed = later.backend.accounts.users.by_id(user.id)
    assert renewed
    assert not is_behind(renewed.password_hash, later.backend.keys.peppers, cost=4)


def test_password_still_fits_after_its_hash_was_renewed(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    later = with_new_pepper(moto)
    attempt(later)
    assert attempt(later)


def test_wrong_guess_renews_nothing(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    with pytest.raises(InvalidCredentials):
        attempt(with_new_pepper(moto), password="wrong")
    assert moto.backend.accounts.users.by_id(user.id) == user


def test_current_hash_is_left_alone(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    attempt(moto)
    assert now_of(moto, user).password_hash == user.password_hash
    assert replace(now_of(moto, user), devices={}, sessions_started=0) == user


def test_renewal_does_not_undo_a_password_that_changed_meanwhile(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    later = with_new_pepper(moto)
    changed = hash_password("changed meanwhile", later.backend.keys.peppers, cost=4)

    def change() -> None:
        later.backend.accounts.users.set_password_hash(user, changed)

    with before("UpdateItem", change):
        attempt(later)
    stored_user = later.backend.accounts.users.by_id(user.id)
    assert stored_user
    assert stored_user.password_hash == changed


# Hashes of other systems.


def with_hash(moto: MotoBackend, stored: str) -> User:
    user = moto.user(EMAIL)
    return moto.backend.accounts.users.set_password_hash(user, stored)


LONG = "a" * 72 + "x"


@pytest.mark.parametrize("password", [PASSWORD, LONG], ids=["short", "73 bytes"])
@pytest.mark.parametrize("scheme", ["bcrypt", "argon2id"])
def test_imported_hash_is_upgraded_at_the_first_sign_in(
    moto: MotoBackend, scheme: str, password: str
) -> None:
    if scheme == "bcrypt":
        stored = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    else:
        kdf = Argon2id(salt=b"0" * 16, length=32, iterations=1, lanes=1, memory_cost=8)
        stored = kdf.derive_phc_encoded(password.encode())
    user = with_hash(moto, stored)
    attempt(moto, password=password)
    renewed = moto.backend.accounts.users.by_id(user.id)
    assert renewed
    assert renewed.password_hash.startswith("gh1:p1:$2b$04$")
    assert attempt(moto, password=password)


def test_long_passwords_that_another_system_took_for_one_are_two_after_the_upgrade(
    moto: MotoBackend,
) -> None:
    with_hash(moto, bcrypt.hashpw(b"a" * 72, bcrypt.gensalt(4)).decode())
    attempt(moto, password=LONG)
    with pytest.raises(InvalidCredentials):
        attempt(moto, password="a" * 72 + "y")


def test_wrong_password_upgrades_no_imported_hash(moto: MotoBackend) -> None:
    user = with_hash(moto, bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode())
    with pytest.raises(InvalidCredentials):
        attempt(moto)
    assert moto.backend.accounts.users.by_id(user.id) == user


def test_client_address_of_the_owner_is_remembered(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    attempt(moto)
    assert [item for item in moto.accounts() if item["pk"]["S"].startswith("LIMIT#mark#")]


def test_wrong_password_is_noted_for_the_owner(moto: MotoBackend) -> None:
    user = moto.user(EMAIL, password="another good password")
    with pytest.raises(InvalidCredentials):
        attempt(moto)
    assert tags(moto, user.id) == ["system:session:refuse"]


def test_right_password_is_no_wrong_one(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    attempt(moto)
    assert tags(moto, user.id) == ["user:session:start"]
