"""Compare a password with the hash of an account, even if the hash cannot be read."""

import logging

import bcrypt
import pytest

from gatehouse.flows.accounts.check_password import is_password_of
from gatehouse.stores.users import User
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.people import now_of

CUT = "$2b$04$cut"


def with_hash(moto: MotoBackend, password_hash: str) -> User:
    user = moto.user("ada@example.com")
    moto.backend.accounts.users.set_password_hash(user, password_hash)
    return now_of(moto, user)


def complaints(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [each for each in caplog.records if each.levelno >= logging.ERROR]


def test_password_of_a_user_is_told_from_another(
    moto: MotoBackend, caplog: pytest.LogCaptureFixture
) -> None:
    user = moto.user()
    assert is_password_of(moto.backend, user, PASSWORD)
    assert not is_password_of(moto.backend, user, "wrong")
    assert not complaints(caplog)


@pytest.mark.parametrize("stored", [CUT, "$argon2id$v=19$cut", "gh1:p1", "plain text"])
def test_hash_that_cannot_be_read_is_told_to_the_operator_only(
    moto: MotoBackend, caplog: pytest.LogCaptureFixture, stored: str
) -> None:
    user = with_hash(moto, stored)
    assert not is_password_of(moto.backend, user, PASSWORD)
    (complaint,) = complaints(caplog)
    assert complaint.user_id == user.id  # type: ignore[attr-defined]
    assert stored not in str(vars(complaint))


def test_nobody_is_no_complaint(moto: MotoBackend, caplog: pytest.LogCaptureFixture) -> None:
    assert not is_password_of(moto.backend, None, PASSWORD)
    assert not complaints(caplog)


def test_user_without_a_password_is_no_complaint(
    moto: MotoBackend, caplog: pytest.LogCaptureFixture
) -> None:
    assert not is_password_of(moto.backend, with_hash(moto, ""), "")
    assert not complaints(caplog)


@pytest.mark.parametrize("stored", [CUT, "", None])
def test_every_answer_costs_one_hash(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch, stored: str | None
) -> None:
    user = None if stored is None else with_hash(moto, stored)
    _ = moto.backend.keys.peppers
    costs: list[bytes] = []
    real = bcrypt.checkpw

    def counted(password: bytes, digest: bytes) -> bool:
        costs.append(digest[:7])
        return real(password, digest)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    is_password_of(moto.backend, user, PASSWORD)
    assert costs == [b"$2b$04$"]
