"""One-time links and codes in the table."""

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.errors import InvalidLink
from gatehouse.stores import links
from gatehouse.stores.links import CODE_LIFE, MOST_TRIES, Link
from tests.support.calls import contend
from tests.support.world import START, World


def added(world: World, **changes: object) -> Link:
    values = {"hash": "h1", "purpose": links.RESET, "subject": {"a": "b"}, "ends_at": START + 60}
    link = Link(**{**values, **changes})  # type: ignore[arg-type]
    world.backend.accounts.transact(world.backend.accounts.links.adding(link))
    return link


def find(world: World, purpose: str = links.RESET, after: int = 0, name: str = "h1") -> Link:
    return world.backend.accounts.links.find(name, purpose, START + after)


def use(world: World, link: Link, after: int = 0) -> None:
    world.backend.accounts.transact(world.backend.accounts.links.using(link, START + after))


def test_link_is_found_as_it_was_added(world: World) -> None:
    assert added(world) == find(world)


def test_looking_uses_nothing_up(world: World) -> None:
    added(world)
    assert [find(world) for _ in range(3)]


@pytest.mark.parametrize(
    "purpose", [links.VERIFY, links.CHANGE_EMAIL, links.KEEP_EMAIL, links.NOTHING]
)
def test_link_of_another_purpose_is_none(world: World, purpose: str) -> None:
    added(world)
    with pytest.raises(InvalidLink):
        find(world, purpose)


def test_link_ends(world: World) -> None:
    added(world)
    assert find(world, after=59)
    with pytest.raises(InvalidLink):
        find(world, after=60)


def test_unknown_link_is_none(world: World) -> None:
    with pytest.raises(InvalidLink):
        find(world, name="h2")


def test_used_link_is_none(world: World) -> None:
    use(world, added(world))
    with pytest.raises(InvalidLink):
        find(world)


def test_link_is_used_by_one_of_16_contenders(world: World) -> None:
    link = added(world)
    used: list[Link] = []

    def attempt() -> None:
        try:
            use(world, link)
        except TransactionRefused:
            return
        used.append(link)

    contend("TransactWriteItems", [attempt] * 16)
    assert len(used) == 1


def test_link_that_ended_meanwhile_is_not_used(world: World) -> None:
    link = added(world)
    with pytest.raises(TransactionRefused):
        use(world, link, after=60)


def test_link_bears_ten_tries(world: World) -> None:
    link = added(world)
    for _ in range(MOST_TRIES):
        world.backend.accounts.links.try_once(link)
    with pytest.raises(InvalidLink):
        world.backend.accounts.links.try_once(link)


def test_try_does_not_bring_a_used_link_back(world: World) -> None:
    link = added(world)
    use(world, link)
    with pytest.raises(InvalidLink):
        world.backend.accounts.links.try_once(link)
    assert world.accounts() == []


# Tokens and codes.


def test_token_is_long_enough_never_to_be_guessed() -> None:
    assert len(links.new_token()) == 43
    assert links.new_token() != links.new_token()


def test_code_has_six_digits() -> None:
    assert all(len(code) == 6 and code.isdecimal() for code in (links.new_code() for _ in "12345"))


def test_code_ends_within_ten_minutes() -> None:
    assert CODE_LIFE <= 600


def test_code_belongs_to_its_address() -> None:
    one, other = links.code_hash("a@example.com", "123456"), links.code_hash("b@b.co", "123456")
    assert one != other


def test_code_is_no_token() -> None:
    assert links.token_hash("a@b.co\n123456") != links.code_hash("a@b.co", "123456")
