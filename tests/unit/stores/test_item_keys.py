"""Item keys: no part of a key can be mistaken for another."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.stores import item_keys
from gatehouse.stores.table import Key

ONE_PART: list[Callable[[str], Key]] = [
    item_keys.user,
    item_keys.email,
    item_keys.outbox_mail,
    item_keys.delivered_mail,
    item_keys.connection,
]
TWO_PARTS: list[Callable[[str, str], Key]] = [item_keys.session, item_keys.event]
PARTS = st.text(min_size=1, max_size=10).filter(lambda text: "#" not in text)


@pytest.mark.parametrize("make", ONE_PART)
@pytest.mark.parametrize("part", ["", "#", "a#b", "#a", "a#"])
def test_part_with_the_separator_is_refused(make: Callable[[str], Key], part: str) -> None:
    with pytest.raises(ValueError):
        make(part)


@pytest.mark.parametrize("make", TWO_PARTS)
@pytest.mark.parametrize("parts", [("a#", "b"), ("a", "#b"), ("", "b"), ("a", "")])
def test_pair_with_the_separator_is_refused(
    make: Callable[[str, str], Key], parts: tuple[str, str]
) -> None:
    with pytest.raises(ValueError):
        make(*parts)


@pytest.mark.parametrize("make", TWO_PARTS)
@settings(max_examples=50, deadline=None)
@given(st.tuples(PARTS, PARTS), st.tuples(PARTS, PARTS))
def test_two_pairs_have_two_keys(
    make: Callable[[str, str], Key], one: tuple[str, str], two: tuple[str, str]
) -> None:
    assert (make(*one) == make(*two)) == (one == two)


def test_kinds_of_items_do_not_share_a_key() -> None:
    keys = [make("a") for make in ONE_PART] + [make("a", "a") for make in TWO_PARTS]
    assert len({(key["pk"], key["sk"]) for key in keys}) == len(keys)


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_users_of_any_name_have_keys_of_their_own(one: str, two: str) -> None:
    keys = [item_keys.connection_of_user(name, "c1") for name in (one, two)]
    assert (keys[0] == keys[1]) == (one == two)
    assert all(key["pk"].count("#") == 1 for key in keys)


def test_connection_of_a_user_has_no_separator_in_its_id() -> None:
    with pytest.raises(ValueError):
        item_keys.connection_of_user("a" * 32, "c#1")


def test_session_lies_beside_its_user() -> None:
    assert item_keys.session("u1", "s1")["pk"] == item_keys.user("u1")["pk"]


def test_connection_id_comes_back_from_its_key() -> None:
    assert item_keys.connection_id(item_keys.connection("L0SM9cOFvHcCIhw=")) == "L0SM9cOFvHcCIhw="


@pytest.mark.parametrize("name", ["room:a#b", "", "x" * 10_000, "é", "a\0b"])
def test_channel_of_any_name_has_a_key(name: str) -> None:
    key = item_keys.stream(name)
    assert key["pk"].count("#") == 1
    assert len(key["pk"]) == len("CHANNEL#") + 32


def test_publications_stand_in_the_order_of_their_offsets() -> None:
    keys = [item_keys.publication("room:1", offset)["sk"] for offset in (9, 10, 99, 100, 2**53)]
    assert keys == sorted(keys)


def test_channels_that_look_alike_have_different_keys() -> None:
    names = ["user:1", "user:10", "User:1", "user:1 ", "user:1\0"]
    assert len({item_keys.channel_hash(name) for name in names}) == len(names)
