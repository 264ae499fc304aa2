"""Export an account: everything about the caller, nothing secret, nothing of other users."""

from dataclasses import replace

import pytest

from gatehouse.clock import rfc3339
from gatehouse.errors import InvalidToken
from gatehouse.flows.accounts.read_profile import read_profile
from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.flows.lifecycle import export_account as module
from gatehouse.flows.lifecycle.export_account import (
    EmailChangeView,
    MessageView,
    export_account,
)
from gatehouse.identity import Device
from gatehouse.realtime.channels import RULES, Rules
from gatehouse.stores.devices import fingerprint
from gatehouse.stores.email_changes import LIFE
from harness.moto_backend import PASSWORD, START, MotoBackend
from tests.support.calls import recorded
from tests.support.people import PHONE, person, sign_in


def test_export_holds_profile_sessions_and_events(moto: MotoBackend) -> None:
    ada = person(moto, name="Ada")
    other = sign_in(moto, ada.user)
    export = export_account(moto.backend, ada.identity)
    assert export.profile == read_profile(moto.backend, ada.identity)
    assert {each.id for each in export.sessions} == {ada.session_id, other.session_id}
    assert [event.tag for event in export.events] == ["user:session:start"] * 2


def test_export_holds_the_devices(moto: MotoBackend) -> None:
    ada = person(moto)
    (device,) = export_account(moto.backend, ada.identity).devices
    assert device.fingerprint == fingerprint(Device("192.0.2.1", "test"))
    assert device.last_seen_at == rfc3339(START)


def test_export_holds_a_change_of_address_that_waits(moto: MotoBackend) -> None:
    ada = person(moto)
    assert export_account(moto.backend, ada.identity).email_change is None
    request = RequestEmailChange.model_validate({"new_email": "a@b.example", "password": PASSWORD})
    request_email_change(moto.backend, ada.identity, request, PHONE)
    change = export_account(moto.backend, ada.identity).email_change
    assert change == EmailChangeView("a@b.example", rfc3339(START + LIFE))


def test_session_that_asks_is_marked(moto: MotoBackend) -> None:
    ada = person(moto)
    sign_in(moto, ada.user)
    shown = export_account(moto.backend, ada.identity).sessions
    assert [each.id for each in shown if each.current] == [ada.session_id]


def test_ended_session_is_no_part_of_it(moto: MotoBackend) -> None:
    ada = person(moto)
    other = sign_in(moto, ada.user)
    moto.backend.accounts.sessions.revoke(ada.user.id, other.session_id)
    (shown,) = export_account(moto.backend, ada.identity).sessions
    assert shown.id == ada.session_id


def test_hash_is_no_part_of_it(moto: MotoBackend) -> None:
    ada = person(moto)
    text = str(export_account(moto.backend, ada.identity))
    assert ada.user.password_hash not in text
    assert "gh1:" not in text


def test_data_of_others_is_no_part_of_it(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    text = str(export_account(moto.backend, ada.identity))
    assert not [part for part in (eve.user.id, eve.user.email, eve.session_id) if part in text]


def test_session_that_is_over_exports_nothing(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        export_account(moto.backend, ada.identity)


# The personal channel.


def send(moto: MotoBackend, channel: str, *texts: str) -> None:
    for text in texts:
        moto.backend.realtime.streams.append(channel, text, now=moto.clock.now(), life=60)


def test_export_holds_the_messages_of_the_personal_channel(moto: MotoBackend) -> None:
    ada = person(moto)
    send(
        moto, RULES.personal(ada.user.id), '{"data":{"a":[1]}}', '{"data":null,"info":{"user":"x"}}'
    )
    messages = export_account(moto.backend, ada.identity).messages
    assert messages == [MessageView(2, None, {"user": "x"}), MessageView(1, {"a": [1]}, None)]


def test_messages_of_others_and_of_rooms_are_no_part_of_it(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    for channel in (RULES.personal(eve.user.id), f"{RULES.personal(ada.user.id)}0", "room:1"):
        send(moto, channel, '{"data":"secret"}')
    assert export_account(moto.backend, ada.identity).messages == []


def test_message_that_expired_is_no_part_of_it(moto: MotoBackend) -> None:
    ada = person(moto)
    send(moto, RULES.personal(ada.user.id), '{"data":1}')
    moto.clock.advance(60)
    assert export_account(moto.backend, ada.identity).messages == []


def test_export_has_no_more_messages_than_the_rule_keeps(moto: MotoBackend) -> None:
    ada = person(moto)
    send(moto, RULES.personal(ada.user.id), *(f'{{"data":{n}}}' for n in range(103)))
    messages = export_account(moto.backend, ada.identity).messages
    assert [each.offset for each in messages] == list(range(103, 3, -1))


def test_export_of_large_messages_fits_into_an_answer(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 110)
    ada = person(moto)
    send(moto, RULES.personal(ada.user.id), *(f'{{"data":"{n * 40}"}}' for n in "abc"))
    assert [each.data for each in export_account(moto.backend, ada.identity).messages] == [
        "c" * 40,
        "b" * 40,
    ]


def test_export_without_personal_channels_has_no_messages(moto: MotoBackend) -> None:
    ada = person(moto)
    backend = replace(moto.backend, own_rules=Rules(()))
    assert export_account(backend, ada.identity).messages == []


def test_export_writes_nothing(moto: MotoBackend) -> None:
    ada = person(moto)
    with recorded() as calls:
        export_account(moto.backend, ada.identity)
    assert {call.operation for call in calls} == {"GetItem", "Query"}
