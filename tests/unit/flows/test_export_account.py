"""Export: everything about oneself, nothing secret, nothing of others."""

import pytest

from gatehouse.errors import InvalidToken
from gatehouse.flows.export_account import export_account
from gatehouse.flows.read_profile import read_profile
from tests.support.people import person, sign_in
from tests.support.world import World


def test_export_holds_profile_sessions_and_events(world: World) -> None:
    ada = person(world, name="Ada")
    other = sign_in(world, ada.user)
    export = export_account(world.backend, ada.identity)
    assert export.profile == read_profile(world.backend, ada.identity)
    assert {each.id for each in export.sessions} == {ada.session_id, other.session_id}
    assert [event.tag for event in export.events] == ["user:session:start"] * 2


def test_session_that_asks_is_marked(world: World) -> None:
    ada = person(world)
    sign_in(world, ada.user)
    shown = export_account(world.backend, ada.identity).sessions
    assert [each.id for each in shown if each.current] == [ada.session_id]


def test_ended_session_is_part_of_it_while_it_is_kept(world: World) -> None:
    ada = person(world)
    other = sign_in(world, ada.user)
    world.backend.sessions.revoke(ada.user.id, other.session_id)
    assert len(export_account(world.backend, ada.identity).sessions) == 2


def test_hash_is_no_part_of_it(world: World) -> None:
    ada = person(world)
    text = str(export_account(world.backend, ada.identity))
    assert ada.user.password_hash not in text
    assert "gh1:" not in text


def test_data_of_others_is_no_part_of_it(world: World) -> None:
    ada, eve = person(world), person(world)
    text = str(export_account(world.backend, ada.identity))
    assert not [part for part in (eve.user.id, eve.user.email, eve.session_id) if part in text]


def test_session_that_is_over_exports_nothing(world: World) -> None:
    ada = person(world)
    world.backend.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        export_account(world.backend, ada.identity)
