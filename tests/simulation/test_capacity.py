"""What simulated DynamoDB bills, and where it follows AWS rather than moto."""

from contextlib import nullcontext
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gatehouse.errors import Unavailable
from gatehouse.stores import table as stores
from harness.simulated.dynamodb import DynamoDB, times

TABLE = "RealtimeTable"
KEY = {"pk": {"S": "A"}, "sk": {"S": "B"}}


@pytest.fixture
def dynamodb() -> DynamoDB:
    return DynamoDB()


def put(dynamodb: DynamoDB, size: int = 0, more: Any = None) -> float:
    """Writes the item; the units."""
    item = {**KEY, "text": {"S": "x" * size}, **(more or {})}
    answer = dynamodb.put_item(TableName=TABLE, Item=item, ReturnConsumedCapacity="TOTAL")
    return float(answer["ConsumedCapacity"]["CapacityUnits"])


def get(dynamodb: DynamoDB, *, consistent: bool) -> float:
    answer = dynamodb.get_item(
        TableName=TABLE, Key=KEY, ConsistentRead=consistent, ReturnConsumedCapacity="TOTAL"
    )
    return float(answer["ConsumedCapacity"]["CapacityUnits"])


def test_write_costs_a_unit_for_each_kilobyte_of_the_larger_item(dynamodb: DynamoDB) -> None:
    assert [put(dynamodb, size) for size in (0, 1010, 1020, 3000, 0, 0)] == [1, 1, 2, 3, 3, 1]


def test_write_costs_more_where_an_index_changes(dynamodb: DynamoDB) -> None:
    slots = [None, "1", "1", "2", None]
    units = [put(dynamodb, more={"slot": {"S": slot}} if slot else None) for slot in slots]
    assert units == [1, 2, 1, 3, 2]


def test_read_costs_a_unit_for_four_kilobytes_and_half_without_consistency(
    dynamodb: DynamoDB,
) -> None:
    assert get(dynamodb, consistent=True) == 1
    put(dynamodb, 5000)
    assert get(dynamodb, consistent=True) == 2
    assert get(dynamodb, consistent=False) == 1


def test_transaction_costs_twice(dynamodb: DynamoDB) -> None:
    other = {"TableName": TABLE, "Key": {"pk": {"S": "C"}, "sk": {"S": "B"}}}
    writes = [{"Put": {"TableName": TABLE, "Item": KEY}}, {"Delete": other}]
    answer = dynamodb.transact_write_items(TransactItems=writes, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": TABLE, "CapacityUnits": 4.0}]


def test_write_costs_also_where_its_condition_fails(dynamodb: DynamoDB) -> None:
    put(dynamodb, 2000)
    before = dynamodb.meter.writes
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        dynamodb.delete_item(
            TableName=TABLE, Key=KEY, ConditionExpression="attribute_not_exists(pk)"
        )
    assert dynamodb.meter.writes - before == 2


def test_update_that_only_removes_makes_no_item(dynamodb: DynamoDB) -> None:
    dynamodb.update_item(TableName=TABLE, Key=KEY, UpdateExpression="REMOVE slot")
    assert "Item" not in dynamodb.get_item(TableName=TABLE, Key=KEY)


def test_updated_new_tells_only_what_the_update_names(dynamodb: DynamoDB) -> None:
    answer = dynamodb.update_item(
        TableName=TABLE,
        Key=KEY,
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    assert answer["Attributes"] == {"n": {"N": "1"}}


def test_query_goes_on_behind_a_row_that_is_gone(dynamodb: DynamoDB) -> None:
    for number in "123":
        item = {"pk": {"S": "A"}, "sk": {"S": number}}
        dynamodb.put_item(TableName=TABLE, Item=item)
    request = {
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "A"}},
    }
    last = dynamodb.query(**request, Limit=2)["LastEvaluatedKey"]
    dynamodb.delete_item(TableName=TABLE, Key=last)
    rest = dynamodb.query(**request, ExclusiveStartKey=last)["Items"]
    assert [row["sk"]["S"] for row in rest] == ["3"]


def test_item_whose_time_to_live_is_over_is_dropped_when_told(dynamodb: DynamoDB) -> None:
    put(dynamodb, more={"ttl": {"N": "10"}})
    dynamodb.expire(10)
    assert "Item" in dynamodb.get_item(TableName=TABLE, Key=KEY)
    dynamodb.expire(11)
    assert "Item" not in dynamodb.get_item(TableName=TABLE, Key=KEY)


# What is passed over in silence would let a wrong request look right.
@pytest.mark.parametrize("option", [{"Expected": {}}, {"ReturnItemCollectionMetrics": "SIZE"}])
def test_option_that_is_not_simulated_is_refused(dynamodb: DynamoDB, option: Any) -> None:
    with pytest.raises(NotImplementedError):
        dynamodb.put_item(TableName=TABLE, Item=KEY, **option)


def test_write_that_meets_a_transaction_does_nothing(dynamodb: DynamoDB) -> None:
    dynamodb.conflicts = times(1)
    with pytest.raises(ClientError) as refused:
        put(dynamodb)
    assert refused.value.response["Error"]["Code"] == "TransactionConflictException"
    assert "Item" not in dynamodb.get_item(TableName=TABLE, Key=KEY)
    put(dynamodb)


def test_transaction_that_meets_another_names_the_item_and_what_else_failed(
    dynamodb: DynamoDB,
) -> None:
    missing = {
        "TableName": TABLE,
        "Key": {**KEY, "sk": {"S": "C"}},
        "ConditionExpression": "attribute_exists(pk)",
    }
    for others, codes in (
        ([], ["TransactionConflict"]),
        ([{"ConditionCheck": missing}], ["ConditionalCheckFailed", "TransactionConflict"]),
    ):
        dynamodb.conflicts = times(1)
        writes = [*others, {"Put": {"TableName": TABLE, "Item": KEY}}]
        with pytest.raises(ClientError) as refused:
            dynamodb.transact_write_items(TransactItems=writes)
        response: Any = refused.value.response
        assert [each["Code"] for each in response["CancellationReasons"]] == codes
        assert "Item" not in dynamodb.get_item(TableName=TABLE, Key=KEY)


@pytest.mark.parametrize(("number", "served"), [(1, True), (2, True), (99, False)])
@pytest.mark.parametrize("single", [True, False])
def test_store_comes_through_conflicts_that_pass(
    dynamodb: DynamoDB, number: int, served: bool, single: bool
) -> None:
    table = stores.Table(TABLE, lambda: dynamodb)
    item = {"pk": "A", "sk": "B"}
    dynamodb.conflicts = times(number)
    with nullcontext() if served else pytest.raises(Unavailable):
        table.put(item) if single else table.transact(table.putting(item))
    dynamodb.conflicts = times(0)
    assert (table.get(item) is not None) == served


def test_copy_shares_no_change(dynamodb: DynamoDB) -> None:
    put(dynamodb)
    copy = dynamodb.copy()
    copy.delete_item(TableName=TABLE, Key=KEY)
    assert "Item" in dynamodb.get_item(TableName=TABLE, Key=KEY)
