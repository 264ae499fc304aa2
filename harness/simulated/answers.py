"""What DynamoDB answers to a write, and how it refuses one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from harness.simulated.expressions import Invalid
from harness.simulated.tables import ItemKey, Table
from harness.simulated.updates import Update
from harness.simulated.values import Item

_FAILED = "The conditional request failed"


@dataclass(slots=True)
class Change:
    """A write that was judged and not yet done."""

    table: Table
    key: ItemKey
    old: Item | None
    new: Item | None
    fits: bool
    """Its condition holds."""
    request: Mapping[str, Any]
    update: Update | None

    def apply(self) -> None:
        if self.new is not self.old:
            self.table.set(self.key, self.new)

    @property
    def attributes(self) -> Item:
        """What ``ReturnValues`` asks for."""
        wanted = self.request.get("ReturnValues", "NONE")
        item = (self.new if wanted.endswith("NEW") else self.old) or {}
        if wanted == "NONE":
            return {}
        if wanted.startswith("ALL"):
            return dict(item)
        names = self.request.get("ExpressionAttributeNames", {})
        targets = (names.get(each, each) for each in (self.update.targets if self.update else ()))
        return {name: item[name] for name in targets if name in item}

    @property
    def met(self) -> dict[str, Item]:
        """What a failed condition brings along, if that is asked for."""
        asked = self.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return {"Item": dict(self.old)} if asked and self.old else {}


def billed(request: Mapping[str, Any], units: Mapping[str, float]) -> dict[str, Any]:
    """An answer with the units that were consumed by table, if they are asked for."""
    if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
        return {}
    consumed = [{"TableName": name, "CapacityUnits": number} for name, number in units.items()]
    return {"ConsumedCapacity": consumed if "TransactItems" in request else consumed[0]}


def failed(change: Change, operation: str) -> ClientError:
    """A write's own condition did not hold."""
    error = {"Code": "ConditionalCheckFailedException", "Message": _FAILED}
    return _error({"Error": error, **change.met}, operation)


def conflict(operation: str) -> ClientError:
    """A transaction has the item of a single write."""
    error = {
        "Code": "TransactionConflictException",
        "Message": "Transaction is ongoing for the item",
    }
    return _error({"Error": error}, operation)


def cancelled(changes: list[Change], *, conflict: bool = False) -> ClientError:
    """A condition of a transaction did not hold, or another transaction has its last item."""
    reasons = [_reason(change) for change in changes]
    if conflict and changes[-1].fits:
        message = "Transaction is ongoing for the item"
        reasons[-1] = {"Code": "TransactionConflict", "Message": message}
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = (
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    )
    error = {"Code": "TransactionCanceledException", "Message": message}
    return _error({"Error": error, "CancellationReasons": reasons}, "TransactWriteItems")


def _reason(change: Change) -> dict[str, Any]:
    if change.fits:
        return {"Code": "None"}
    return {"Code": "ConditionalCheckFailed", "Message": _FAILED, **change.met}


@contextmanager
def refusals(operation: str) -> Iterator[None]:
    """Turns what is invalid into DynamoDB's answer."""
    try:
        yield
    except Invalid as fault:
        error = {"Code": "ValidationException", "Message": str(fault)}
        raise _error({"Error": error}, operation) from None


def _error(answer: dict[str, Any], operation: str) -> ClientError:
    answer["ResponseMetadata"] = {"HTTPStatusCode": 400, "RequestId": "simulated"}
    return ClientError(answer, operation)  # type: ignore[arg-type]
