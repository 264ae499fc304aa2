"""The strength estimate: passwords that are guessed first, and passwords that are not."""

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from gatehouse.password_strength import (
    ENOUGH,
    LONGEST_WORD,
    SHORTEST_WORD,
    _parts,
    guesses,
    ranks,
    repeats,
)

ABOUT = ("ada.lovelace@analytical.example.com", "Ada King Byron", "gatehouse")
COMMONEST = FREQUENCY_LISTS["passwords"]
RANKS = {
    word: rank for words in FREQUENCY_LISTS.values() for rank, word in enumerate(words, start=1)
}

WORDS = st.text(string.ascii_lowercase + string.digits + " -!", min_size=1, max_size=20)


def is_weak(password: str) -> bool:
    return repeats(password) or guesses(password, ABOUT) < ENOUGH


@pytest.mark.parametrize(
    "password",
    [
        # A common password, padded to fifteen characters.
        "passwordpassword",
        "password123password",
        "password12345678",
        "password19871224",
        "password!!!!!!!!!!",
        "Password1!Password1!",
        "letmeinletmein1",
        "Sommer2026Sommer2026",
        "welcome-welcome-1",
        "iloveyou iloveyou",
        "i love you baby",
        "monkeydragonfootball",
        "sunshine.rainbow.77",
        # Symbols in place of letters.
        "P@ssw0rdP@ssw0rd",
        "1l0vey0u1l0vey0u1",
        "$un$h1ne!$un$h1ne",
        # Runs of keys.
        "123456789012345",
        "098765432109876",
        "abcdefghijklmnop",
        "zyxwvutsrqponml",
        "qwertyuiopasdfgh",
        "qwertzuiopasdfgh",
        "1qaz2wsx3edc4rfv",
        "111222333444555",
        "aaabbbcccdddeee",
        "qweasdzxc123qwe",
        # Texts about the owner and the service.
        "gatehousegatehouse",
        "Gatehouse2026!!",
        "ada.lovelace.1815",
        "adalovelace1815!",
        "AdaKingByron2026",
        "byronbyronking1",
        "analytical.example.com",
        "Example.com12345",
        "ada.lovelace@analytical.example.com",
        "G4teh0use-2026-G4teh0use",
    ],
)
def test_password_made_of_what_is_guessed_first_is_weak(password: str) -> None:
    assert guesses(password, ABOUT) < ENOUGH


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "a quite different passphrase",
        "my password is password1",
        "gatehouse opens when owls sing",
        "ada likes pickled herring",
        "meine kleine Katze heisst Mitzi",
        "trollweg 8, hinterm haus",
        "ключ от дачи за рекой",
        "桜の木の下で本を読む日曜日の午後",
        "xk7vq0dpm2wjzra",
        "839201748205916",
        "!*$&@^%)#(!&%*$@^",
    ],
)
def test_password_that_takes_long_to_guess_is_strong(password: str) -> None:
    assert not is_weak(password)


@pytest.mark.parametrize(
    "password",
    ["x" * 15, " " * 15, "🐘" * 15, "x7!x7!x7!x7!x7!", "x7f!kqx7f!kqx7f!kq", "Ab1Ab1aB1AB1aB"],
)
def test_short_text_over_and_over_repeats(password: str) -> None:
    assert repeats(password)


@pytest.mark.parametrize(
    "password", ["", "x", "xy", "password", "x7f!kq0w" * 2, "correct horse correct horse"]
)
def test_text_that_is_long_enough_by_itself_may_be_said_twice(password: str) -> None:
    assert not repeats(password)


def test_common_word_in_a_good_password_does_it_no_harm() -> None:
    assert guesses("umbrella pickle gravel") == ENOUGH
    assert guesses("password umbrella pickle gravel") == ENOUGH


def test_what_is_known_of_another_owner_makes_nothing_weak() -> None:
    assert guesses("trzesniewski-kowalczyk", ("trzesniewski-kowalczyk",)) < ENOUGH
    assert guesses("trzesniewski-kowalczyk", ABOUT) == ENOUGH


@pytest.mark.parametrize("known", ["", "x", "a@b", "#", "@@", ". .", "ab ab"])
def test_what_says_nothing_of_the_owner_makes_nothing_weak(known: str) -> None:
    assert guesses("correct horse battery staple", (known,)) == ENOUGH


def test_every_word_of_the_lists_has_its_rank() -> None:
    expected = {word: rank for word, rank in RANKS.items() if len(word) >= SHORTEST_WORD}
    word_ranks = ranks(set(expected))
    assert {word: word_ranks.get(word) for word in expected} == expected


@pytest.fixture
def indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks up ranks in an index of all words.

    Searching the lists for each of so many passwords would take a minute. The test above proves
    that both give the same ranks.
    """

    def looked_up(texts: set[str]) -> dict[str, int]:
        parts = {part for text in texts for part in _parts(text)}
        return {part: RANKS[part] for part in parts if part in RANKS}

    monkeypatch.setattr("gatehouse.password_strength.ranks", looked_up)


@pytest.mark.usefixtures("indexed")
def test_every_password_of_the_list_is_weak_at_any_length() -> None:
    strong = [each for each in COMMONEST if guesses(each) >= ENOUGH]
    assert strong == []


def test_no_four_random_words_are_weak() -> None:
    words = [word for word in FREQUENCY_LISTS["english_wikipedia"][:8000] if len(word) > 2]
    chance = random.Random(1)
    phrases = [" ".join(chance.sample(words, 4)) for _ in range(2000)]
    assert [phrase for phrase in phrases if is_weak(phrase)] == []


def test_no_random_letters_are_weak() -> None:
    chance = random.Random(1)
    texts = ["".join(chance.choices(string.ascii_lowercase, k=15)) for _ in range(2000)]
    assert [text for text in texts if is_weak(text)] == []


@given(st.sampled_from(COMMONEST), st.integers(1, 6), st.sampled_from(["", " ", "-", "_", "."]))
def test_common_password_is_weak_however_often_it_is_said(word: str, times: int, sign: str) -> None:
    assert guesses(sign.join([word] * times)) < ENOUGH


@given(st.sampled_from(COMMONEST[:1000]), st.integers(0, 9999))
def test_common_password_with_a_number_is_weak(word: str, number: int) -> None:
    assert guesses(f"{word}{number}") < ENOUGH


@given(st.text(max_size=256), st.lists(st.text(max_size=64), max_size=3))
@settings(max_examples=300)
def test_any_text_is_worth_something(password: str, about: list[str]) -> None:
    assert 1 <= guesses(password, about) <= ENOUGH
    repeats(password)


@given(WORDS, WORDS)
def test_case_makes_no_password_stronger(one: str, other: str) -> None:
    assert guesses(one.upper(), (other,)) == guesses(one, (other.upper(),))


@given(WORDS, st.text(string.ascii_lowercase, min_size=3))
def test_knowing_more_of_the_owner_makes_no_password_stronger(password: str, known: str) -> None:
    assert guesses(password, (known,)) <= guesses(password)


@given(WORDS.filter(lambda text: len(text) < 8), st.integers(2, 20))
def test_short_text_repeats_however_often_it_is_said(text: str, times: int) -> None:
    assert repeats(text * times)


def test_no_word_of_the_lists_is_longer_or_there_twice() -> None:
    words = [word for each in FREQUENCY_LISTS.values() for word in each]
    assert max(map(len, words)) == LONGEST_WORD
    assert len(set(words)) == len(words)
