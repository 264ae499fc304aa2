"""End sessions with their sockets: one, the others, or all."""

import pytest

from gatehouse.errors import InvalidGrant, InvalidToken, NotFound, Unavailable
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.accounts.end_sessions import (
    end_own_session,
    end_own_sessions,
    end_session,
    end_sessions,
)
from gatehouse.flows.sign_in.refresh_session import refresh_session
from tests.support.calls import before, broken
from tests.support.people import PHONE, Person, person, remove, sign_in, tags
from tests.support.sockets import Hall
from tests.support.world import World


def is_on(world: World, who: Person) -> bool:
    try:
        active_user(world.backend, who.identity)
        refresh_session(world.backend, who.tokens.refresh_token, PHONE)
    except (InvalidToken, InvalidGrant):
        return False
    return True


def test_ended_session_is_over(world: World) -> None:
    ada = person(world)
    assert end_session(world.backend, ada.user.id, ada.session_id)
    assert not is_on(world, ada)


def test_session_that_is_over_is_not_ended_again(world: World) -> None:
    ada = person(world)
    end_session(world.backend, ada.user.id, ada.session_id)
    assert not end_session(world.backend, ada.user.id, ada.session_id)
    assert tags(world, ada.user.id).count("user:session:end") == 1


def test_sockets_are_closed_by_whoever_tries_again(world: World) -> None:
    hall = Hall(world)
    ada = person(world)
    client = hall.stranger()
    client.connect(token=ada.tokens.access_token)
    hall.api.failing.add(client.id)
    end_session(hall.backend, ada.user.id, ada.session_id)
    hall.api.failing.clear()
    end_session(hall.backend, ada.user.id, ada.session_id)
    assert client.disconnects == [3503]


def test_own_session_is_ended_with_its_socket(world: World) -> None:
    hall = Hall(world)
    ada = person(world)
    other = sign_in(world, ada.user)
    client = hall.stranger()
    client.connect(token=other.tokens.access_token)
    end_own_session(hall.backend, ada.identity, other.session_id, PHONE)
    assert (is_on(world, ada), is_on(world, other)) == (True, False)
    assert client.is_closed


@pytest.mark.parametrize("session_id", ["", "0" * 32, "a#b", "PROFILE", "x" * 5_000])
def test_session_that_never_was_is_not_found(world: World, session_id: str) -> None:
    with pytest.raises(NotFound):
        end_own_session(world.backend, person(world).identity, session_id, PHONE)


def test_session_of_somebody_else_is_not_found_and_goes_on(world: World) -> None:
    ada, eve = person(world), person(world)
    with pytest.raises(NotFound):
        end_own_session(world.backend, eve.identity, ada.session_id, PHONE)
    assert is_on(world, ada)


def test_revoked_session_ends_no_other(world: World) -> None:
    ada = person(world)
    other = sign_in(world, ada.user)
    end_session(world.backend, ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        end_own_session(world.backend, ada.identity, other.session_id, PHONE)
    assert is_on(world, other)


def test_all_others_are_ended(world: World) -> None:
    ada, eve = person(world), person(world)
    others = [sign_in(world, ada.user) for _ in range(3)]
    end_own_sessions(world.backend, ada.identity, PHONE, keep_current=True)
    assert (is_on(world, ada), is_on(world, eve)) == (True, True)
    assert [is_on(world, other) for other in others] == [False] * 3
    assert "user:session:end-others" in tags(world, ada.user.id)


def test_end_of_the_others_is_found_among_the_events(world: World) -> None:
    ada = person(world)
    end_own_sessions(world.backend, ada.identity, PHONE, keep_current=True)
    assert "user:session:end-others" in tags(world, ada.user.id)


def test_nothing_is_left_of_an_account_that_is_deleted_meanwhile(world: World) -> None:
    ada = person(world)
    with before("TransactWriteItems", lambda: remove(world, ada.user)):
        end_own_sessions(world.backend, ada.identity, PHONE, keep_current=True)
    assert not [item for item in world.accounts() if ada.user.id in item["pk"]["S"]]


def test_all_are_ended(world: World) -> None:
    ada = person(world)
    other = sign_in(world, ada.user)
    end_own_sessions(world.backend, ada.identity, PHONE, keep_current=False)
    assert (is_on(world, ada), is_on(world, other)) == (False, False)
    assert "user:session:end-all" in tags(world, ada.user.id)


def test_what_was_interrupted_is_finished_by_the_second_time(world: World) -> None:
    ada = person(world)
    others = [sign_in(world, ada.user) for _ in range(2)]
    with broken("UpdateItem"), pytest.raises(Unavailable):
        end_sessions(world.backend, ada.user.id, keep=ada.session_id)
    end_sessions(world.backend, ada.user.id, keep=ada.session_id)
    assert [is_on(world, each) for each in [ada, *others]] == [True, False, False]
