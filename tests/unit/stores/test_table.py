"""A table: plain values, one call per method, and exceptions for failed conditions."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.aws import ConditionFailed, TransactionRefused
from gatehouse.stores.table import EXISTS, IS_NEW, Table, _marshal, unmarshal, when
from harness.moto_backend import MotoBackend
from tests.support.calls import recorded

KEY = {"pk": "A", "sk": "1"}


@pytest.fixture
def table(moto: MotoBackend) -> Table:
    return moto.backend.accounts.table


def item(sort: str = "1", **attributes: Any) -> dict[str, Any]:
    return {"pk": "A", "sk": sort, **attributes}


# Values.

VALUES = st.recursive(
    st.booleans()
    | st.integers(-(10**37), 10**37)
    | st.text(max_size=10)
    | st.sets(st.text(min_size=1, max_size=5), min_size=1),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_value_comes_back_as_it_was(value: object) -> None:
    assert unmarshal(_marshal({"x": value})) == {"x": value}


def test_truth_is_no_number() -> None:
    assert _marshal({"x": True, "n": 1}) == {"x": {"BOOL": True}, "n": {"N": "1"}}


def test_nothing_is_left_out() -> None:
    assert _marshal({"x": None}) == {}


@pytest.mark.parametrize("value", [1.5, b"x", object(), {1}])
def test_value_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises((TypeError, AttributeError)):
        _marshal({"x": [value]} if not isinstance(value, set) else {"x": iter(value)})


# One item.


def test_item_comes_back(table: Table) -> None:
    table.put(item(n=1, name="é"))
    assert table.get(KEY) == item(n=1, name="é")


def test_missing_item_is_none(table: Table) -> None:
    assert table.get(KEY) is None


def test_read_may_be_of_some_attributes_only(table: Table) -> None:
    table.put(item(n=1, name="x"))
    assert table.get(KEY, only=("name", "missing")) == {"name": "x"}


def test_reads_are_strongly_consistent(table: Table) -> None:
    with recorded() as calls:
        table.get(KEY)
        list(table.query(("pk", "A")))
    assert [call.params["ConsistentRead"] for call in calls] == [True, True]


def test_put_under_a_condition_leaves_what_is_there(table: Table) -> None:
    table.put(item(n=1), IS_NEW)
    with pytest.raises(ConditionFailed):
        table.put(item(n=2), IS_NEW)
    assert table.get(KEY) == item(n=1)


def test_update_gives_the_item_after_the_change(table: Table) -> None:
    table.put(item(n=1))
    assert table.update(KEY, when("SET #n = :m", m=2), when("#n = :n", n=1)) == item(n=2)


def test_failed_update_brings_the_item_that_it_met(table: Table) -> None:
    table.put(item(n=1))
    with pytest.raises(ConditionFailed) as failed:
        table.update(KEY, when("SET #n = :m", m=2), when("#n = :n", n=5), old=True)
    assert unmarshal(failed.value.old or {}) == item(n=1)


def test_reserved_words_are_names_like_any_other(table: Table) -> None:
    table.put(item())
    changed = table.update(KEY, when("SET #name = :value, #count = :count", value="x", count=1))
    assert changed == item(name="x", count=1)


def test_update_of_a_missing_item_can_be_forbidden(table: Table) -> None:
    with pytest.raises(ConditionFailed):
        table.update(KEY, when("SET #n = :n", n=1), EXISTS)
    assert table.get(KEY) is None


def test_delete_gives_what_was_there(table: Table) -> None:
    table.put(item(n=1))
    assert table.delete(KEY) == item(n=1)
    assert table.delete(KEY) is None


# Queries and transactions.


def test_query_gives_the_items_in_the_order_of_their_sort_keys(table: Table) -> None:
    for sort in ("2", "1", "3"):
        table.put(item(sort))
    assert [each["sk"] for each in table.query(("pk", "A"))] == ["1", "2", "3"]


def test_query_may_ask_for_a_part_of_the_sort_keys(table: Table) -> None:
    for sort in ("X#1", "Y#1"):
        table.put(item(sort, note="x"))
    items = table.query(
        ("pk", "A"), sort=when("begins_with(#sk, :start)", start="X#"), only=("note", "sk")
    )
    assert list(items) == [{"sk": "X#1", "note": "x"}]


def test_query_that_reads_a_few_at_once_gives_all_the_same(table: Table) -> None:
    for number in range(5):
        table.put(item(str(number)))
    with recorded() as calls:
        assert len(list(table.query(("pk", "A"), at_once=2))) == 5
    assert len(calls) == 3


def test_query_reads_page_after_page(table: Table) -> None:
    for number in range(4):
        table.put(item(str(number), filler="x" * 380_000))
    with recorded() as calls:
        assert len(list(table.query(("pk", "A")))) == 4
    assert len(calls) > 1


def test_transaction_does_all(table: Table) -> None:
    table.put(item("old"))
    table.put(item("kept"))
    table.transact(
        table.putting(item("new"), IS_NEW),
        table.updating(item("kept"), when("SET #n = :n", n=1)),
        table.deleting(item("old"), EXISTS),
    )
    assert list(table.query(("pk", "A"))) == [item("kept", n=1), item("new")]


def test_transaction_does_nothing_where_one_condition_fails(table: Table) -> None:
    with pytest.raises(TransactionRefused) as refused:
        table.transact(table.putting(item("1")), table.checking(item("2"), EXISTS))
    assert refused.value.failed == {1}
    assert list(table.query(("pk", "A"))) == []


# All items of a partition.


def test_all_but_one_are_deleted_a_part_at_a_time(table: Table) -> None:
    for sort in "12345":
        table.put(item(sort))
    assert not table.delete_all(("pk", "A"), keep=KEY, most=3)
    assert [each["sk"] for each in table.query(("pk", "A"))] == ["1", "5"]
    assert table.delete_all(("pk", "A"), keep=KEY, most=3)
    assert table.delete_all(("pk", "A"), keep=KEY, most=3)
    assert [each["sk"] for each in table.query(("pk", "A"))] == ["1"]


def test_nothing_is_deleted_of_another_partition(table: Table) -> None:
    table.put({"pk": "AB", "sk": "1"})
    assert table.delete_all(("pk", "A"), most=3)
    assert table.get({"pk": "AB", "sk": "1"})


def test_only_what_is_sorted_there_is_deleted(table: Table) -> None:
    for sort in ("X1", "Y1"):
        table.put(item(sort))
    sort_of_x = when("begins_with(#sk, :start)", start="X")
    assert table.delete_all(("pk", "A"), sort=sort_of_x, most=3)
    assert [each["sk"] for each in table.query(("pk", "A"))] == ["Y1"]
