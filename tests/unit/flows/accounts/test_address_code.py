"""The code of an address: one in all its mails while it lives, counted before it is compared."""

import pytest

from gatehouse.errors import InvalidLink
from gatehouse.flows.accounts.address_code import address_hash, code_to_mail, prove_by_code
from gatehouse.identity import parse_address
from gatehouse.stores.codes import LIFE, MOST_TRIES
from harness.moto_backend import MotoBackend
from tests.support.calls import recorded

ADA, EVE = parse_address("Ada@example.com"), parse_address("eve@example.com")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_every_mail_carries_the_same_code_while_it_lives(moto: MotoBackend) -> None:
    first = code_to_mail(moto.backend, ADA)
    moto.clock.advance(LIFE - 1)
    assert code_to_mail(moto.backend, parse_address("aDA@EXAMPLE.com")) == first


def test_code_of_another_time_is_another(moto: MotoBackend) -> None:
    codes = set()
    for _ in range(5):
        codes.add(code_to_mail(moto.backend, ADA))
        moto.clock.advance(LIFE)
    assert len(codes) > 1


def test_code_is_not_kept(moto: MotoBackend) -> None:
    code = code_to_mail(moto.backend, ADA)
    (item,) = moto.accounts()
    assert code not in [value for each in item.values() for value in each.values()]


def test_address_is_not_kept_with_the_code(moto: MotoBackend) -> None:
    code_to_mail(moto.backend, ADA)
    assert "ada" not in str(moto.accounts()).lower()


def test_right_code_proves_the_address(moto: MotoBackend) -> None:
    code = code_to_mail(moto.backend, ADA)
    proof = prove_by_code(moto.backend, ADA, code)
    assert proof.address_hash == address_hash(moto.backend, ADA.canonical)


def test_wrong_code_proves_nothing(moto: MotoBackend) -> None:
    code = code_to_mail(moto.backend, ADA)
    with pytest.raises(InvalidLink):
        prove_by_code(moto.backend, ADA, wrong(code))


def test_code_of_one_address_is_worth_nothing_for_another(moto: MotoBackend) -> None:
    code, other = code_to_mail(moto.backend, ADA), code_to_mail(moto.backend, EVE)
    assert code != other
    with pytest.raises(InvalidLink):
        prove_by_code(moto.backend, EVE, code)


def test_right_code_is_refused_after_ten_wrong_ones(moto: MotoBackend) -> None:
    code = code_to_mail(moto.backend, ADA)
    for _ in range(MOST_TRIES):
        with pytest.raises(InvalidLink):
            prove_by_code(moto.backend, ADA, wrong(code))
    with pytest.raises(InvalidLink):
        prove_by_code(moto.backend, ADA, code)


def test_expired_code_is_refused(moto: MotoBackend) -> None:
    code = code_to_mail(moto.backend, ADA)
    moto.clock.advance(LIFE)
    with pytest.raises(InvalidLink):
        prove_by_code(moto.backend, ADA, code)


def test_try_costs_one_write_whether_or_not_there_is_a_code(moto: MotoBackend) -> None:
    code = code_to_mail(moto.backend, ADA)
    for address in (ADA, EVE):
        with recorded() as calls, pytest.raises(InvalidLink):
            prove_by_code(moto.backend, address, wrong(code))
        assert [call.operation for call in calls] == ["UpdateItem"]
