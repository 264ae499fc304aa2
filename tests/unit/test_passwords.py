"""Passwords: which are accepted, and what their hashes contain."""

import base64
import hmac
from collections.abc import Iterator

import bcrypt
import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.errors import Unavailable
from gatehouse.passwords import (
    MAX_BYTES,
    MAX_CHARACTERS,
    Peppers,
    UnreadableHash,
    check_strength,
    hash_password,
    is_behind,
    verify_password,
)
from harness.moto_backend import PASSWORD

COST = 4
PEPPERS = Peppers("p1", {"p1": b"1" * 64})
RENEWED = Peppers("p2", {"p1": b"1" * 64, "p2": b"2" * 64})


def hashed(password: str = PASSWORD, peppers: Peppers = PEPPERS, cost: int = COST) -> str:
    return hash_password(password, peppers, cost=cost)


def fits(password: str, stored: str | None, peppers: Peppers = PEPPERS) -> bool:
    return verify_password(password, stored, peppers, cost=COST)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Returns the list of what bcrypt is called with: cost and salt, or a hash."""
    calls: list[bytes] = []
    for name in ("checkpw", "hashpw"):
        real = getattr(bcrypt, name)

        def counted(password: bytes, setting: bytes, real: object = real) -> object:
            calls.append(setting)
            return real(password, setting)  # type: ignore[operator]

        monkeypatch.setattr(bcrypt, name, counted)
    return calls  # type: ignore[return-value]


# Hashes.


def test_right_password_fits() -> None:
    assert fits(PASSWORD, hashed())


@pytest.mark.parametrize("wrong", ["", PASSWORD + " ", PASSWORD[:-1], PASSWORD.upper(), "x"])
def test_wrong_password_does_not_fit(wrong: str) -> None:
    assert not fits(wrong, hashed())


@pytest.mark.parametrize(("one", "two"), [("x", "y"), ("x", ""), ("x", "xx")])
def test_passwords_that_share_their_first_72_bytes_are_two(one: str, two: str) -> None:
    start = "a" * 72
    assert not fits(start + two, hashed(start + one))


@pytest.mark.parametrize("length", [71, 72, 73, 256])
def test_password_around_the_limit_of_bcrypt_fits(length: int) -> None:
    assert fits("a" * length, hashed("a" * length))


def test_password_of_64_emoji_fits() -> None:
    assert fits("🐘" * 64, hashed("🐘" * 64))


def test_password_of_64_emoji_is_not_that_of_63_and_another() -> None:
    assert not fits("🐘" * 63 + "🦏", hashed("🐘" * 64))


def test_composed_and_decomposed_letters_are_one_password() -> None:
    assert fits("cafe\u0301 au lait, please", hashed("caf\u00e9 au lait, please"))


def test_compatible_letters_are_two_passwords() -> None:
    assert not fits("office hours, every day", hashed("o\ufb03ce hours, every day"))


def test_password_with_a_nul_is_not_cut_there() -> None:
    assert not fits("before\0after", hashed("before\0other"))


def test_hashes_of_one_password_are_different() -> None:
    assert hashed() != hashed()


def test_hash_names_scheme_pepper_and_cost() -> None:
    assert hashed(peppers=RENEWED).startswith("gh1:p2:$2b$04$")


def test_hash_is_made_as_it_is_documented() -> None:
    mac = hmac.digest(b"1" * 64, "caf\u00e9 au lait, please".encode(), "sha384")
    digest = hashed("cafe\u0301 au lait, please").rpartition(":")[2]
    assert bcrypt.checkpw(base64.b64encode(mac), digest.encode())


def test_hash_needs_its_pepper() -> None:
    assert not fits(PASSWORD, hashed(), Peppers("p1", {"p1": b"3" * 64}))


def test_hash_with_an_older_pepper_fits() -> None:
    assert fits(PASSWORD, hashed(), RENEWED)


def test_hash_with_a_pepper_that_is_gone_is_our_fault() -> None:
    with pytest.raises(Unavailable):
        fits(PASSWORD, hashed(), Peppers("p2", {"p2": b"2" * 64}))


@pytest.mark.parametrize("stored", [None, ""])
def test_nothing_fits_where_there_is_no_password(stored: str | None) -> None:
    assert not fits(PASSWORD, stored)


@pytest.mark.parametrize("password", ["", ".", "." * 31, PASSWORD])
def test_nothing_fits_the_hash_of_nobody(password: str) -> None:
    assert not fits(password, None)


def test_peppers_are_not_shown() -> None:
    assert "1111" not in repr(PEPPERS)


# The work.


@pytest.mark.parametrize(
    "stored",
    [None, "", hashed(), hashed("other")],
    ids=["nobody", "passwordless", "right", "wrong"],
)
def test_every_check_costs_exactly_one_hash(stored: str | None, hashes: list[bytes]) -> None:
    fits(PASSWORD, stored)
    assert [setting[:7] for setting in hashes] == [b"$2b$04$"]


def test_check_of_nobody_costs_as_much_as_that_of_a_member(hashes: list[bytes]) -> None:
    verify_password(PASSWORD, None, PEPPERS, cost=5)
    assert hashes[0].startswith(b"$2b$05$")


# Renewal.


def test_fresh_hash_is_not_behind() -> None:
    assert not is_behind(hashed(), PEPPERS, cost=COST)


def test_hash_with_an_older_pepper_is_behind() -> None:
    assert is_behind(hashed(), RENEWED, cost=COST)


def test_hash_of_another_cost_is_behind() -> None:
    assert is_behind(hashed(), PEPPERS, cost=5)


# Strength.


EMOJI = "".join(map(chr, range(ord("🐘"), ord("🐘") + 64)))


@pytest.mark.parametrize(
    "password",
    [
        "xkvqpdmwjzratyh",
        "XKVQPDMWJZRATYH",
        "839201748205916",
        "!*$&@^%)#(!&%*$",
        "q w j x v k z p d",
        EMOJI[:15],
        EMOJI,
        EMOJI * 4,
    ],
)
def test_password_of_any_composition_is_strong_by_its_length(password: str) -> None:
    check_strength(password, minimum=15)


@pytest.mark.parametrize("password", ["", "a" * 14, "🐘" * 14, "Aa1!Aa1!"])
def test_short_password_is_weak(password: str) -> None:
    with pytest.raises(ValueError, match="fewer than 15"):
        check_strength(password, minimum=15)


@pytest.mark.parametrize("password", ["a" * (MAX_CHARACTERS + 1), "a" * 10**6])
def test_very_long_password_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="more than"):
        check_strength(password, minimum=15)


def test_longest_password_has_no_more_bytes_than_allowed() -> None:
    assert len(("🐘" * MAX_CHARACTERS).encode()) == MAX_BYTES


@pytest.mark.parametrize(
    "password",
    ["qwertyuiop", "QWERTYuiop", "1234567890", "Gatehouse", "password1", "passwordpassword"],
)
def test_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="too easy to guess"):
        check_strength(password, minimum=8)


@pytest.mark.parametrize("password", [" " * 15, "🐘" * 64, "x7!x7!x7!x7!x7!"])
def test_password_that_is_long_by_repetition_only_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="a short text repeated"):
        check_strength(password, minimum=15)


@pytest.mark.parametrize(
    "password", ["ada.lovelace.1815@example.com", "ADA.LOVELACE.1815", "lovelace-1815-ada"]
)
def test_own_address_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="email address"):
        check_strength(password, minimum=15, about=("ada.lovelace.1815@example.com",))


def test_password_that_only_contains_a_common_one_is_accepted() -> None:
    check_strength("my password is password1", minimum=15)


# Hashes that cannot be read.

SALT, DIGEST = "." * 22, "a" * 31
B64 = "MDAwMDAwMDAwMDAwMDAwMA"
UNREADABLE = [
    "plain text",
    "other:p1:$2b$04$abc",
    "gh1:",
    "gh1:p1",
    "gh1:p1:",
    "gh1::$2b$04$" + SALT + DIGEST,
    "gh1:p1:$2b$04$cut",
    "gh1:p1:$argon2id$v=19$m=8,t=1,p=1$" + B64 + "$" + B64,
    "$2b$",
    "$2b$04$" + SALT,
    "$2b$04$" + SALT + DIGEST[1:],
    "$2b$04$" + SALT + DIGEST + "a",
    "$2b$04$" + SALT + DIGEST + "\n",
    "$2b$04$" + "a" * 22 + DIGEST,
    "$2b$04$" + SALT + "é" * 31,
    "$2b$03$" + SALT + DIGEST,
    "$2b$31$" + SALT + DIGEST,
    "$2b$xx$" + SALT + DIGEST,
    "$2x$04$" + SALT + DIGEST,
    "$2b$04$" + SALT + "!" * 31,
    "$argon2id$",
    "$argon2id$v=16$m=8,t=1,p=1$" + B64 + "$" + B64,
    "$argon2id$v=19$m=7,t=1,p=1$" + B64 + "$" + B64,
    "$argon2id$v=19$m=8,t=0,p=1$" + B64 + "$" + B64,
    "$argon2id$v=19$m=8,t=1,p=0$" + B64 + "$" + B64,
    "$argon2id$v=19$m=8,t=9999999,p=1$" + B64 + "$" + B64,
    "$argon2id$v=19$m=9999999,t=1,p=1$" + B64 + "$" + B64,
    "$argon2id$v=19$m=524288,t=99,p=1$" + B64 + "$" + B64,
    "$argon2id$v=19$m=4294967295,t=1,p=1$" + B64 + "$" + B64,
    "$argon2id$v=19$m=8,t=1,p=999$" + B64 + "$" + B64,
    "$argon2id$v=19$m=8,t=1,p=1$" + B64,
    "$argon2id$v=19$m=8,t=1,p=1$" + B64 + "$",
    "$argon2id$v=19$m=8,t=1,p=1$$" + B64,
    "$argon2id$v=19$m=8,t=1,p=1$" + B64 + "$" + "a" * 9,
    "$argon2i$v=19$m=8,t=1,p=1$" + B64 + "$" + B64,
]


@pytest.mark.parametrize("stored", UNREADABLE)
def test_nothing_fits_a_hash_that_cannot_be_read(stored: str, hashes: list[bytes]) -> None:
    with pytest.raises(UnreadableHash):
        fits(PASSWORD, stored)
    assert [setting[:7] for setting in hashes] == [b"$2b$04$"]


def test_hash_of_ours_is_read_whatever_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: True)
    assert fits(PASSWORD, "gh1:p1:$2b$17$" + SALT + DIGEST)


@given(
    st.one_of(
        st.text(max_size=80),
        st.text("$2aby./A0145=,mtpv19:gh", max_size=80),
        st.from_regex(r"\A(gh1:p1:)?\$2b\$0[0-4]\$[./A-Za-z0-9]{50,55}\Z"),
        st.from_regex(
            r"\A\$argon2id\$v=19\$m=[0-9]{1,2},t=[0-3],p=[0-3]"
            r"\$[A-Za-z0-9+/]{8,24}\$[A-Za-z0-9+/]{4,24}\Z"
        ),
    )
)
@settings(max_examples=500, deadline=None)
def test_text_in_place_of_a_hash_fits_nothing(stored: str) -> None:
    try:
        assert not fits(PASSWORD, stored)
    except UnreadableHash:
        return


# Hashes of other systems.


def imported(password: str = PASSWORD, prefix: bytes = b"$2b$") -> str:
    """Returns a bcrypt hash as other systems store it: no pepper, and 72 bytes of the password."""
    digest = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(COST))
    return digest.replace(b"$2b$", prefix).decode()


def argon2id(password: str = PASSWORD) -> str:
    kdf = Argon2id(salt=b"0" * 16, length=32, iterations=1, lanes=1, memory_cost=8)
    return kdf.derive_phc_encoded(password.encode())


@pytest.mark.parametrize("prefix", [b"$2a$", b"$2b$", b"$2y$"])
def test_imported_bcrypt_hash_fits(prefix: bytes) -> None:
    assert fits(PASSWORD, imported(prefix=prefix))
    assert not fits("wrong", imported(prefix=prefix))


def test_imported_argon2id_hash_fits() -> None:
    assert fits(PASSWORD, argon2id())
    assert not fits("wrong", argon2id())


@pytest.mark.parametrize("length", [72, 73, 256])
def test_long_password_fits_its_imported_hash_as_it_did_there(length: int) -> None:
    assert fits("a" * length, imported("a" * length))


@pytest.mark.parametrize("stored", [imported(), argon2id()], ids=["bcrypt", "argon2id"])
def test_imported_hash_is_behind(stored: str) -> None:
    assert is_behind(stored, PEPPERS, cost=COST)


@pytest.mark.parametrize("stored", [imported(), hashed()], ids=["bcrypt", "ours"])
def test_wrong_password_costs_as_much_at_a_lower_cost(stored: str, hashes: list[bytes]) -> None:
    verify_password("wrong", stored, PEPPERS, cost=7)
    rounds = [2 ** int(setting[4:6]) for setting in (each[-60:] for each in hashes)]
    assert rounds == [2**4, 2**4, 2**5, 2**6]
    assert sum(rounds) == 2**7


def test_right_password_at_a_lower_cost_is_not_filled_up(hashes: list[bytes]) -> None:
    stored = imported()
    hashes.clear()
    assert verify_password(PASSWORD, stored, PEPPERS, cost=7)
    assert len(hashes) == 1


def test_imported_bcrypt_hash_costs_exactly_one_hash(hashes: list[bytes]) -> None:
    stored = imported()
    hashes.clear()
    fits(PASSWORD, stored)
    assert len(hashes) == 1
