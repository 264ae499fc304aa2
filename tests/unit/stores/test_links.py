"""One-time links in the accounts table."""

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.errors import InvalidLink
from gatehouse.stores import links
from gatehouse.stores.links import MOST_TRIES, Link
from harness.moto_backend import START, MotoBackend
from tests.support.calls import contend


def added(moto: MotoBackend, **changes: object) -> Link:
    values = {"hash": "h1", "purpose": links.RESET, "subject": {"a": "b"}, "ends_at": START + 60}
    link = Link(**{**values, **changes})  # type: ignore[arg-type]
    moto.backend.accounts.transact(moto.backend.accounts.links.adding(link))
    return link


def find(moto: MotoBackend, purpose: str = links.RESET, after: int = 0, name: str = "h1") -> Link:
    return moto.backend.accounts.links.find(name, purpose, START + after)


def use(moto: MotoBackend, link: Link, after: int = 0) -> None:
    moto.backend.accounts.transact(moto.backend.accounts.links.using(link, START + after))


def test_link_is_found_as_it_was_added(moto: MotoBackend) -> None:
    assert added(moto) == find(moto)


def test_looking_uses_nothing_up(moto: MotoBackend) -> None:
    added(moto)
    assert [find(moto) for _ in range(3)]


@pytest.mark.parametrize(
    "purpose", [links.VERIFY, links.CHANGE_EMAIL, links.KEEP_EMAIL, links.NOTHING]
)
def test_link_of_another_purpose_is_none(moto: MotoBackend, purpose: str) -> None:
    added(moto)
    with pytest.raises(InvalidLink):
        find(moto, purpose)


def test_link_ends(moto: MotoBackend) -> None:
    added(moto)
    assert find(moto, after=59)
    with pytest.raises(InvalidLink):
        find(moto, after=60)


def test_unknown_link_is_none(moto: MotoBackend) -> None:
    with pytest.raises(InvalidLink):
        find(moto, name="h2")


def test_used_link_is_none(moto: MotoBackend) -> None:
    use(moto, added(moto))
    with pytest.raises(InvalidLink):
        find(moto)


def test_link_is_used_by_one_of_16_contenders(moto: MotoBackend) -> None:
    link = added(moto)
    used: list[Link] = []

    def attempt() -> None:
        try:
            use(moto, link)
        except TransactionRefused:
            return
        used.append(link)

    contend("TransactWriteItems", [attempt] * 16)
    assert len(used) == 1


def test_link_that_ended_meanwhile_is_not_used(moto: MotoBackend) -> None:
    link = added(moto)
    with pytest.raises(TransactionRefused):
        use(moto, link, after=60)


def test_link_bears_ten_tries(moto: MotoBackend) -> None:
    link = added(moto)
    for _ in range(MOST_TRIES):
        moto.backend.accounts.links.try_once(link)
    with pytest.raises(InvalidLink):
        moto.backend.accounts.links.try_once(link)


def test_try_does_not_bring_a_used_link_back(moto: MotoBackend) -> None:
    link = added(moto)
    use(moto, link)
    with pytest.raises(InvalidLink):
        moto.backend.accounts.links.try_once(link)
    assert moto.accounts() == []


# Tokens.


def test_token_is_long_enough_never_to_be_guessed() -> None:
    assert len(links.new_token()) == 43
    assert links.new_token() != links.new_token()


def test_address_of_a_link_is_bound_by_its_token() -> None:
    bound = links.bound_address("t1", "a@b.co")
    assert bound == links.bound_address("t1", "a@b.co")
    assert bound not in (links.bound_address("t2", "a@b.co"), links.bound_address("t1", "c@b.co"))
    assert "a@b.co" not in bound
