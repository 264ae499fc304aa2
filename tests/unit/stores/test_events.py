"""The audit trail in the accounts table."""

from dataclasses import replace

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.identity import Device
from gatehouse.stores import events
from gatehouse.stores.events import (
    DAY,
    LIFE,
    Event,
    daily_event,
    new_event,
    new_operator_event,
)
from gatehouse.stores.table import when
from harness.moto_backend import START, MotoBackend
from harness.tables import items
from tests.support.calls import contend, recorded


def event(after: int = 0, user: str = "u1") -> Event:
    return new_event(
        user, "user:session:start", now=START + after, device=Device("192.0.2.1", "UA")
    )


def latest(moto: MotoBackend, before: str | None = None, limit: int = 10) -> list[Event]:
    return moto.backend.accounts.events.latest("u1", before=before, limit=limit)


def test_event_comes_back_as_it_was_recorded(moto: MotoBackend) -> None:
    recorded = event()
    moto.backend.accounts.events.record(recorded)
    assert latest(moto) == [recorded]


def test_event_can_be_part_of_a_transaction(moto: MotoBackend) -> None:
    recorded = event()
    moto.backend.accounts.transact(moto.backend.accounts.events.recording(recorded))
    assert latest(moto) == [recorded]


def test_newest_comes_first(moto: MotoBackend) -> None:
    events = [event(after) for after in (0, 9, 10, 100)]
    for each in events:
        moto.backend.accounts.events.record(each)
    assert latest(moto) == events[::-1]


def test_events_of_one_second_are_all_kept(moto: MotoBackend) -> None:
    for _ in range(5):
        moto.backend.accounts.events.record(event())
    assert len(latest(moto)) == 5


def test_events_before_one_are_older_and_without_it(moto: MotoBackend) -> None:
    events = [event(after) for after in range(4)]
    for each in events:
        moto.backend.accounts.events.record(each)
    assert latest(moto, before=events[2].id) == [events[1], events[0]]


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_are_read_than_asked_for(moto: MotoBackend, limit: int) -> None:
    for after in range(5):
        moto.backend.accounts.events.record(event(after))
    assert len(latest(moto, limit=limit)) == limit


def test_long_trail_costs_what_is_wanted_of_it(moto: MotoBackend) -> None:
    for after in range(9):
        moto.backend.accounts.events.record(event(after))
    with recorded() as calls:
        latest(moto, limit=3)
    assert [call.params["Limit"] for call in calls] == [4]


def test_other_items_of_the_user_are_no_events(moto: MotoBackend) -> None:
    moto.sign_in(moto.user())
    moto.backend.accounts.events.record(event(user="0" * 31 + "1"))
    events = moto.backend.accounts.events.latest("0" * 31 + "1", before=None, limit=10)
    assert {each.tag for each in events} == {"user:session:start"}


def test_event_is_cleaned_away_after_180_days(moto: MotoBackend) -> None:
    moto.backend.accounts.events.record(event())
    (item,) = moto.accounts()
    assert item["ttl"] == {"N": str(START + LIFE)}


def daily(after: int = 0, address: str = "192.0.2.1", tag: str = "system:session:refuse") -> Event:
    return daily_event("u1", tag, now=START + after, device=Device(address, "UA"))


def count(moto: MotoBackend, event: Event) -> None:
    moto.backend.accounts.transact(moto.backend.accounts.events.counting(event))


def test_events_of_one_day_are_one_with_a_count_and_the_latest_details(moto: MotoBackend) -> None:
    for number in range(5):
        count(moto, daily(number, f"192.0.2.{number}"))
    assert latest(moto) == [replace(daily(4, "192.0.2.4"), count=5)]


def test_next_day_and_another_tag_count_anew(moto: MotoBackend) -> None:
    for each in (daily(), daily(), daily(DAY), daily(tag="system:password:refuse")):
        count(moto, each)
    assert sorted(event.count for event in latest(moto)) == [1, 1, 2]


def test_count_of_16_contenders_is_16(moto: MotoBackend) -> None:
    contend("TransactWriteItems", [lambda: count(moto, daily())] * 16)
    assert [event.count for event in latest(moto)] == [16]


def test_event_of_an_earlier_version_happened_once(moto: MotoBackend) -> None:
    moto.backend.accounts.events.record(event())
    (item,) = moto.accounts()
    moto.backend.accounts.table.update(
        {name: item[name]["S"] for name in ("pk", "sk")}, when("REMOVE #count")
    )
    assert [each.count for each in latest(moto)] == [1]


def test_count_for_nobody_leaves_nothing_with_a_user_and_not_for_long(moto: MotoBackend) -> None:
    nobody = replace(daily(), user_id="0" * 32)
    writes = moto.backend.accounts.events.counting_for_nobody(nobody)
    moto.backend.accounts.transact(*writes)
    assert moto.accounts() == []
    (item,) = [each for each in items(moto.dynamodb, "AccountsTable") if "tag" in each]
    assert item["ttl"] == {"N": str(START + 3_600)}


def test_count_for_nobody_writes_as_much_as_one_for_a_user(moto: MotoBackend) -> None:
    nobody = moto.backend.accounts.events.counting_for_nobody(daily())[-1]["Update"]
    user = moto.backend.accounts.events.counting(daily())["Update"]
    assert nobody["UpdateExpression"] == user["UpdateExpression"]


def test_count_for_nobody_is_refused_where_its_check_finds_something(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check costs as much as that of a user only if DynamoDB evaluates a condition."""
    store, nobody = moto.backend.accounts.events, daily()
    ids = iter(["a", "b", "b", "c"])
    monkeypatch.setattr(events, "new_id", lambda: next(ids))
    moto.backend.accounts.transact(*store.counting_for_nobody(nobody))
    with pytest.raises(TransactionRefused):
        moto.backend.accounts.transact(*store.counting_for_nobody(nobody))


def test_event_of_an_operator_comes_back_with_its_reason(moto: MotoBackend) -> None:
    event = new_operator_event("u1", "operator:account:disable", now=START, actor="eve", reason="x")
    moto.backend.accounts.events.record(event)
    assert latest(moto) == [event]
    assert (event.actor, event.reason) == ("eve", "x")


def test_event_of_a_version_without_reasons_is_read(moto: MotoBackend) -> None:
    moto.backend.accounts.events.record(event())
    (item,) = moto.accounts()
    assert {"reason", "actor"} & set(item) == set()
    assert latest(moto)[0].reason == ""


def test_event_can_be_recorded_attribute_by_attribute(moto: MotoBackend) -> None:
    noted = event()
    moto.backend.accounts.transact(moto.backend.accounts.events.noting(noted))
    assert latest(moto) == [noted]


def test_event_is_the_same_item_either_way(moto: MotoBackend) -> None:
    both = event()
    moto.backend.accounts.transact(moto.backend.accounts.events.noting(both))
    noted = moto.accounts()
    moto.backend.accounts.events.record(both)
    assert moto.accounts() == noted
