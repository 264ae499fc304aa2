"""Log in: one answer, one hash and two reads for every wrong guess."""

from collections.abc import Callable, Iterator
from dataclasses import replace

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
from tests.support.calls import before, broken, recorded
from tests.support.people import now_of
from tests.support.world import PASSWORD, START, World

DEVICE = Device("192.0.2.1", "UA")
EMAIL = "ada@example.com"


def attempt(world: World, email: str = EMAIL, password: str = PASSWORD) -> Tokens:
    request = LogIn.model_validate({"email": email, "password": password})
    return log_in(world.backend, request, DEVICE)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Costs of the checks that were made."""
    costs: list[int] = []
    real = bcrypt.checkpw

    def counted(password: bytes, digest: bytes) -> bool:
        costs.append(int(digest[4:6]))
        return real(password, digest)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return iter([costs])


# Who may.


def test_right_password_starts_a_session(world: World) -> None:
    user = world.user(EMAIL)
    tokens = attempt(world)
    place = verify_refresh(tokens.refresh_token, world.backend.keys.refresh_keys)
    session = world.backend.accounts.sessions.get(user.id, place.session_id)
    assert session
    assert (session.user_id, session.counter, session.created_at) == (user.id, 0, START)
    assert (session.address, session.user_agent) == ("192.0.2.1", "UA")


def test_session_has_the_epoch_of_its_user(world: World) -> None:
    world.user(EMAIL)
    place = verify_refresh(attempt(world).refresh_token, world.backend.keys.refresh_keys)
    session = world.backend.accounts.sessions.get(place.user_id, place.session_id)
    assert session
    assert session.token_epoch == 0


@pytest.mark.parametrize("email", ["ADA@example.com", " Ada@EXAMPLE.com "])
def test_any_spelling_of_the_address_signs_in(world: World, email: str) -> None:
    user = world.user(EMAIL)
    token = attempt(world, email).access_token
    assert world.backend.keys.verify_access(token).user_id == user.id


def test_two_sign_ins_are_two_sessions(world: World) -> None:
    world.user(EMAIL)
    sessions = {
        verify_refresh(attempt(world).refresh_token, world.backend.keys.refresh_keys).session_id
        for _ in range(2)
    }
    assert len(sessions) == 2


def test_passwords_that_share_their_first_72_bytes_are_two(world: World) -> None:
    world.user(EMAIL, password="a" * 72 + "x")
    with pytest.raises(InvalidCredentials):
        attempt(world, password="a" * 72 + "y")


# Who may not, and what a guess shows.


def unknown(world: World) -> None:
    pass


def wrong(world: World) -> None:
    world.user(EMAIL, password="another good password")


def disabled_and_wrong(world: World) -> None:
    world.user(EMAIL, password="another good password", disabled=True)


GUESSES = [unknown, wrong, disabled_and_wrong]


@pytest.mark.parametrize("prepare", GUESSES)
def test_wrong_guess_is_refused_and_writes_nothing(
    world: World, prepare: Callable[[World], None]
) -> None:
    prepare(world)
    items = world.accounts()
    with pytest.raises(InvalidCredentials):
        attempt(world)
    assert world.accounts() == items


def test_wrong_guesses_get_the_same_refusal(world: World) -> None:
    refusals: list[Refusal] = []
    world.user("eve@example.com", password="another good password")
    for email in ("eve@example.com", "nobody@example.com"):
        with pytest.raises(InvalidCredentials) as refused:
            attempt(world, email)
        refusals.append(refused.value)
    assert {(type(each), each.detail, each.problems) for each in refusals} == {
        (InvalidCredentials, "", ())
    }


@pytest.mark.parametrize("prepare", GUESSES)
def test_every_wrong_guess_costs_exactly_one_hash(
    world: World, prepare: Callable[[World], None], hashes: Iterator[list[int]]
) -> None:
    prepare(world)
    with pytest.raises(InvalidCredentials):
        attempt(world)
    assert next(hashes) == [4]


def test_right_password_costs_exactly_one_hash(world: World, hashes: Iterator[list[int]]) -> None:
    world.user(EMAIL)
    attempt(world)
    assert next(hashes) == [4]


@pytest.mark.parametrize("prepare", GUESSES)
def test_every_wrong_guess_costs_the_same_two_reads(
    world: World, prepare: Callable[[World], None]
) -> None:
    prepare(world)
    _ = world.backend.keys.peppers
    with recorded() as calls, pytest.raises(InvalidCredentials):
        attempt(world)
    assert [call.operation for call in calls] == ["GetItem", "GetItem"]


def test_that_an_account_is_disabled_is_told_after_the_right_password(world: World) -> None:
    world.user(EMAIL, disabled=True)
    items = world.accounts()
    with pytest.raises(AccountDisabled):
        attempt(world)
    assert world.accounts() == items


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "GetSecretValue"])
def test_nobody_signs_in_while_aws_does_not_answer(world: World, operation: str) -> None:
    world.user(EMAIL)
    broken_world = replace(world, backend=replace(world.backend))
    with broken(operation), pytest.raises(Unavailable):
        attempt(broken_world)


# Renewal of hashes.


def with_new_pepper(world: World) -> World:
    backend = replace(world.backend)
    keys = {**world.backend.keys.peppers.keys, "p2": b"2" * 64}
    vars(backend.keys)["peppers"] = Peppers("p2", keys)
    return replace(world, backend=backend)


def test_hash_with_an_older_pepper_is_renewed_at_a_sign_in(world: World) -> None:
    user = world.user(EMAIL)
    later = with_new_pepper(world)
    attempt(later)
    renewed = later.backend.accounts.users.by_id(user.id)
    assert renewed
    assert not is_behind(renewed.password_hash, later.backend.keys.peppers, cost=4)


def test_password_still_fits_after_its_hash_was_renewed(world: World) -> None:
    world.user(EMAIL)
    later = with_new_pepper(world)
    attempt(later)
    assert attempt(later)


def test_wrong_guess_renews_nothing(world: World) -> None:
    user = world.user(EMAIL)
    with pytest.raises(InvalidCredentials):
        attempt(with_new_pepper(world), password="wrong")
    assert world.backend.accounts.users.by_id(user.id) == user


def test_current_hash_is_left_alone(world: World) -> None:
    user = world.user(EMAIL)
    attempt(world)
    assert replace(now_of(world, user), devices={}) == user


def test_renewal_does_not_undo_a_password_that_changed_meanwhile(world: World) -> None:
    user = world.user(EMAIL)
    later = with_new_pepper(world)
    changed = hash_password("changed meanwhile", later.backend.keys.peppers, cost=4)

    def change() -> None:
        later.backend.accounts.users.set_password_hash(user, changed)

    with before("UpdateItem", change):
        attempt(later)
    found = later.backend.accounts.users.by_id(user.id)
    assert found
    assert found.password_hash == changed


# Hashes of other systems.


def with_hash(world: World, stored: str) -> User:
    user = world.user(EMAIL)
    return world.backend.accounts.users.set_password_hash(user, stored)


LONG = "a" * 72 + "x"


@pytest.mark.parametrize("password", [PASSWORD, LONG], ids=["short", "73 bytes"])
@pytest.mark.parametrize("scheme", ["bcrypt", "argon2id"])
def test_imported_hash_is_upgraded_at_the_first_sign_in(
    world: World, scheme: str, password: str
) -> None:
    if scheme == "bcrypt":
        stored = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    else:
        kdf = Argon2id(salt=b"0" * 16, length=32, iterations=1, lanes=1, memory_cost=8)
        stored = kdf.derive_phc_encoded(password.encode())
    user = with_hash(world, stored)
    attempt(world, password=password)
    renewed = world.backend.accounts.users.by_id(user.id)
    assert renewed
    assert renewed.password_hash.startswith("gh1:p1:$2b$04$")
    assert attempt(world, password=password)


def test_long_passwords_that_another_system_took_for_one_are_two_after_the_upgrade(
    world: World,
) -> None:
    with_hash(world, bcrypt.hashpw(b"a" * 72, bcrypt.gensalt(4)).decode())
    attempt(world, password=LONG)
    with pytest.raises(InvalidCredentials):
        attempt(world, password="a" * 72 + "y")


def test_wrong_password_upgrades_no_imported_hash(world: World) -> None:
    user = with_hash(world, bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode())
    with pytest.raises(InvalidCredentials):
        attempt(world)
    assert world.backend.accounts.users.by_id(user.id) == user


def test_client_address_of_the_owner_is_remembered(world: World) -> None:
    world.user(EMAIL)
    attempt(world)
    assert [item for item in world.accounts() if item["pk"]["S"].startswith("LIMIT#mark#")]
