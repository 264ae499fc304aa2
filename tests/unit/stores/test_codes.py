"""The codes of addresses in the accounts table: one at a time, and what one allows."""

from dataclasses import replace

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.errors import InvalidLink
from gatehouse.stores.codes import LIFE, MOST_TRIES, Code, digits_of
from harness.moto_backend import START, MotoBackend
from tests.support.calls import contend, recorded

KEY = b"k" * 32


def current(moto: MotoBackend, after: int = 0, name: str = "h1") -> Code:
    return moto.backend.accounts.codes.current(name, START + after)


def attempt(moto: MotoBackend, after: int = 0, name: str = "h1") -> Code:
    return moto.backend.accounts.codes.try_once(name, START + after)


def use(moto: MotoBackend, code: Code, after: int = 0) -> None:
    moto.backend.accounts.transact(moto.backend.accounts.codes.using(code, START + after))


def void(moto: MotoBackend, name: str = "h1") -> None:
    moto.backend.accounts.transact(moto.backend.accounts.codes.voiding(name))


# One code at a time.


def test_live_code_is_returned_again(moto: MotoBackend) -> None:
    assert current(moto) == current(moto, after=LIFE - 1)


def test_new_code_replaces_one_that_has_expired(moto: MotoBackend) -> None:
    first = current(moto)
    second = current(moto, after=LIFE)
    assert second.random != first.random
    assert second.ends_at == START + 2 * LIFE


def test_code_ends_within_ten_minutes(moto: MotoBackend) -> None:
    assert current(moto).ends_at - START <= 600


def test_other_address_has_another_code(moto: MotoBackend) -> None:
    assert current(moto).random != current(moto, name="h2").random


def test_one_write_makes_a_code_or_returns_the_live_one(moto: MotoBackend) -> None:
    for _ in range(2):
        with recorded() as calls:
            current(moto)
        assert [call.operation for call in calls] == ["PutItem"]


@pytest.mark.parametrize("after", [0, LIFE])
def test_sixteen_contenders_get_the_same_code(moto: MotoBackend, after: int) -> None:
    current(moto)
    if not after:
        void(moto)
    codes: list[Code] = []
    contend("PutItem", [lambda: codes.append(current(moto, after))] * 16)
    assert len(codes) == 16
    assert len(set(codes)) == 1


# Tries.


def test_try_returns_the_code(moto: MotoBackend) -> None:
    code = current(moto)
    assert attempt(moto) == code


def test_code_bears_ten_tries_in_all_its_life(moto: MotoBackend) -> None:
    current(moto)
    for _ in range(MOST_TRIES):
        attempt(moto)
    for after in (0, LIFE - 1):
        with pytest.raises(InvalidLink):
            attempt(moto, after)


def test_code_that_is_mailed_again_has_no_more_tries(moto: MotoBackend) -> None:
    current(moto)
    for _ in range(MOST_TRIES):
        attempt(moto)
        current(moto)
    with pytest.raises(InvalidLink):
        attempt(moto)


def test_next_code_has_its_own_tries(moto: MotoBackend) -> None:
    current(moto)
    for _ in range(MOST_TRIES):
        attempt(moto)
    current(moto, after=LIFE)
    assert attempt(moto, after=LIFE)


def test_expired_code_is_not_tried(moto: MotoBackend) -> None:
    current(moto)
    assert attempt(moto, after=LIFE - 1)
    with pytest.raises(InvalidLink):
        attempt(moto, after=LIFE)


def test_address_without_a_code_is_not_tried(moto: MotoBackend) -> None:
    with pytest.raises(InvalidLink):
        attempt(moto)
    assert moto.accounts() == []


# Use.


def test_code_is_used_once(moto: MotoBackend) -> None:
    code = current(moto)
    use(moto, code)
    with pytest.raises(TransactionRefused):
        use(moto, code)


def test_code_that_expired_meanwhile_is_not_used(moto: MotoBackend) -> None:
    code = current(moto)
    with pytest.raises(TransactionRefused):
        use(moto, code, after=LIFE)


def test_code_that_was_replaced_meanwhile_is_not_used(moto: MotoBackend) -> None:
    code = current(moto)
    current(moto, after=LIFE)
    with pytest.raises(TransactionRefused):
        use(moto, code, after=LIFE - 1)


def test_voided_code_is_gone(moto: MotoBackend) -> None:
    code = current(moto)
    void(moto)
    with pytest.raises(TransactionRefused):
        use(moto, code)


def test_voiding_needs_no_code(moto: MotoBackend) -> None:
    void(moto)
    assert moto.accounts() == []


# Digits.


def test_code_has_six_digits(moto: MotoBackend) -> None:
    codes = [digits_of(current(moto, name=f"h{n}"), "a@b.co", KEY) for n in range(50)]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 40


def test_digits_are_the_same_each_time(moto: MotoBackend) -> None:
    code = current(moto)
    assert digits_of(code, "a@b.co", KEY) == digits_of(current(moto), "a@b.co", KEY)


@pytest.mark.parametrize(
    ("canonical", "random", "key"),
    [("b@b.co", "r1", KEY), ("a@b.co", "r2", KEY), ("a@b.co", "r1", b"l" * 32)],
    ids=["address", "random value", "secret"],
)
def test_digits_follow_from(canonical: str, random: str, key: bytes) -> None:
    code = Code(address_hash="h1", random="r1", ends_at=START)
    assert digits_of(replace(code, random=random), canonical, key) != digits_of(code, "a@b.co", KEY)


def test_code_is_not_shown_with_its_random_value(moto: MotoBackend) -> None:
    code = current(moto)
    assert code.random not in repr(code)
