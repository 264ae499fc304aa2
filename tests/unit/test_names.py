"""Names of people: kept, mended or refused."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.names import MOST_MARKS, parse_name
from tests.support.texts import HOSTILE_NAMES, MENDED_NAMES, NAMES

TOO_LONG = "201 characters"
"""Refused before, by the field's own limit."""


def refused(text: str) -> bool:
    try:
        parse_name(text)
    except ValueError:
        return True
    return False


def is_unassigned(char: str) -> bool:
    return unicodedata.category(char) == "Cn"


@pytest.mark.parametrize(
    ("script", "name"), [(script, name) for script, names in NAMES.items() for name in names]
)
def test_name_is_kept_as_its_owner_writes_it(script: str, name: str) -> None:
    assert parse_name(name) == name


def test_sixty_names_in_thirty_scripts_are_tried() -> None:
    assert len(NAMES) >= 30
    assert sum(map(len, NAMES.values())) >= 60


@pytest.mark.parametrize(("written", "stored"), MENDED_NAMES.items(), ids=ascii)
def test_character_without_effect_is_removed(written: str, stored: str) -> None:
    assert parse_name(written) == stored


@pytest.mark.parametrize("name", [each for each in HOSTILE_NAMES if each != TOO_LONG])
def test_hostile_name_is_refused(name: str) -> None:
    assert refused(HOSTILE_NAMES[name])


def test_forty_hostile_names_are_tried() -> None:
    assert len(HOSTILE_NAMES) >= 40


@pytest.mark.parametrize("space", [chr(c) for c in range(0x3001) if chr(c).isspace()], ids=ascii)
def test_white_space_is_a_blank_or_refused(space: str) -> None:
    assert refused(f"a{space}b") or parse_name(f"a{space}b") == "a b"


@pytest.mark.parametrize(
    "char", "\u0378\u1fff\u2ff0\U0001fbfa\U0001fffd\U0003fffd\U000afffd", ids=ascii
)
def test_character_that_unicode_may_assign_is_accepted(char: str) -> None:
    assert parse_name(f"a{char}") == f"a{char}"


@pytest.mark.parametrize("plane", range(17))
def test_noncharacter_is_refused_in_every_plane(plane: int) -> None:
    assert all(refused(f"a{chr(plane * 0x10000 + last)}") for last in (0xFFFE, 0xFFFF))


def test_marks_are_accepted_as_many_as_a_script_needs() -> None:
    assert not refused("a" + "\u0301" * MOST_MARKS)
    assert refused("a" + "\u0301" * (MOST_MARKS + 1))


INVISIBLE = (
    "\u200c\u200d\u034f\u180e\ufe0f\U000e0100\u200b\u200e\u3164\u0301\u094d\U0001f3f4\U000e0061"
)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=20) | st.text("ab 😀." + INVISIBLE, max_size=12))
def test_stored_name_is_stored_as_it_is(text: str) -> None:
    if not refused(text):
        assert parse_name(parse_name(text)) == parse_name(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20) | st.text("ab 😀." + INVISIBLE, max_size=12))
def test_stored_name_is_one_line_with_something_to_see(text: str) -> None:
    if refused(text):
        return
    name = parse_name(text)
    assert name == " ".join(name.split())
    assert not set(name) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
    assert any(unicodedata.category(char)[0] in "LNPS" or is_unassigned(char) for char in name)
