"""DynamoDB in memory, as botocore's client speaks to it: the operations and options of the stores.

Tables are those of template.yaml. Every call is atomic and takes some tens of microseconds, so
thousands of simulated runs are affordable; a test compares its answers with moto's. Answers share
their values with what is stored: nobody changes a value in place.
"""

import operator
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from harness.simulated import answers, expressions, requests, updates
from harness.simulated.answers import Change
from harness.simulated.capacity import Meter, read_units, write_units
from harness.simulated.expressions import Invalid, Names, Values
from harness.simulated.tables import Table
from harness.simulated.updates import Update
from harness.simulated.values import Item, item_bytes
from harness.template import resources

MAX_ITEM = 400 * 1024
"""Bytes of an item."""

MAX_TRANSACTION = 100


class DynamoDB:
    """The tables of a deployment, and how much was consumed.

    Raises (each operation): ``ClientError``, as botocore does.
    """

    def __init__(self, tables: Mapping[str, Table] | None = None) -> None:
        """Args: tables: those of template.yaml, empty, unless given."""
        self.tables = dict(_of_template() if tables is None else tables)
        self.meter = Meter()
        self.conflicts: Callable[[], bool] = lambda: False
        """Decides about each write whether a transaction has one of its items at that moment. No
        call here takes time, so none meets another by itself."""
        self._one = threading.Lock()

    def copy(self) -> "DynamoDB":
        """Another one with the same items."""
        return DynamoDB({name: table.copy() for name, table in self.tables.items()})

    def get_item(self, **request: Any) -> dict[str, Any]:
        with self._one, answers.refusals("GetItem"):
            table = self._table("Get", request)
            names, wanted = request.get("ExpressionAttributeNames", {}), requests.shown(request)
            requests.check_placeholders(wanted, names, {})
            item = table.get(table.key_of(request["Key"], whole=True))
            answer = self._read(request, [item] if item else [])
            return answer | {"Item": requests.pick(item, wanted, names)} if item else answer

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._write("Put", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._write("Update", request)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._write("Delete", request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        with self._one, answers.refusals("TransactWriteItems"):
            writes = [pair for write in request["TransactItems"] for pair in write.items()]
            changes = [self._judge(kind, part) for kind, part in writes]
            _check_transaction(changes)
            units = dict.fromkeys((change.table.name for change in changes), 0.0)
            for change in changes:
                units[change.table.name] += 2 * _units(change)
            self.meter.writes += sum(units.values())
            conflict = self.conflicts()
            if conflict or not all(change.fits for change in changes):
                raise answers.cancelled(changes, conflict=conflict)
            for change in changes:
                change.apply()
            return answers.billed(request, units)

    def query(self, **request: Any) -> dict[str, Any]:
        with self._one, answers.refusals("Query"):
            table, index = self._table("Query", request), request.get("IndexName")
            if index and request.get("ConsistentRead"):
                raise Invalid("an index cannot be read consistently")
            names, literals = request.get("ExpressionAttributeNames", {}), _given(request)
            keys = requests.key_condition(request["KeyConditionExpression"])
            text = request.get("FilterExpression")
            only = expressions.condition(text) if text else None
            wanted = requests.shown(request)
            used = {*keys.uses, *wanted, *(only.uses if only else ())}
            requests.check_placeholders(used, names, literals)
            hash_key, sort_key = table.indexes[index] if index else table.keys
            if names.get(keys.partition, keys.partition) != hash_key:
                raise Invalid(f"the condition misses the key {hash_key}")
            rows = table.rows(index, literals[keys.value]["S"])
            if keys.sort:
                rows = [row for row in rows if keys.sort.holds(row, names, literals)]
            if not request.get("ScanIndexForward", True):
                rows.reverse()
            read, more = _page(table, sort_key, rows, request)
            items = [
                requests.pick(row, wanted, names)
                for row in read
                if only is None or only.holds(row, names, literals)
            ]
            answer = {"Items": items, "Count": len(items), "ScannedCount": len(read)}
            if more:
                marks = (*table.keys, hash_key, sort_key)
                answer["LastEvaluatedKey"] = {name: read[-1][name] for name in marks}
            return answer | self._read(request, read)

    def scan(self, **request: Any) -> dict[str, Any]:
        """Everything in a table, for those who look at a test's outcome."""
        with self._one:
            return {"Items": [dict(item) for item in self.tables[request["TableName"]].items()]}

    def expire(self, now: float) -> None:
        """Drops what the time to live has passed for, as DynamoDB does some time later."""
        with self._one:
            for table in self.tables.values():
                for item in table.items():
                    if "ttl" in item and int(item["ttl"]["N"]) < now:
                        table.set(table.key_of(item), None)

    def _write(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        with self._one, answers.refusals(f"{kind}Item"):
            change = self._judge(kind, request)
            units = _units(change)
            self.meter.writes += units
            if self.conflicts():
                raise answers.conflict(f"{kind}Item")
            if not change.fits:
                raise answers.failed(change, f"{kind}Item")
            change.apply()
            answer = answers.billed(request, {change.table.name: units})
            attributes = change.attributes
            return answer | {"Attributes": attributes} if attributes else answer

    def _judge(self, kind: str, request: Mapping[str, Any]) -> Change:
        table = self._table(kind, request)
        names, literals = request.get("ExpressionAttributeNames", {}), _given(request)
        text, change = request.get("ConditionExpression"), request.get("UpdateExpression")
        condition = expressions.condition(text) if text else None
        update = updates.update(change) if change else None
        used = {*(condition.uses if condition else ()), *(update.uses if update else ())}
        requests.check_placeholders(used, names, literals)
        requests.check_values(literals)
        item = request.get("Item")
        if item is not None:
            requests.check_values(item)
        key = table.key_of(request["Key"] if item is None else item, whole=item is None)
        old = table.get(key)
        fits = condition is None or condition.holds(old or {}, names, literals)
        new = _after(kind, request, table, old, update) if fits else old
        if new is not old and new and item_bytes(new) > MAX_ITEM:
            raise Invalid("the item is too large")
        return Change(table, key, old, new, fits, request, update)

    def _table(self, kind: str, request: Mapping[str, Any]) -> Table:
        if unknown := request.keys() - requests.KNOWN[kind]:
            # An option that is left out of account would make the simulation prove too much.
            raise NotImplementedError(f"{kind} with {sorted(unknown)}")
        if request["TableName"] not in self.tables:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, kind)
        return self.tables[request["TableName"]]

    def _read(self, request: Mapping[str, Any], items: list[Item]) -> dict[str, Any]:
        units = read_units(items, consistent=request.get("ConsistentRead", False))
        self.meter.reads += units
        return answers.billed(request, {request["TableName"]: units})


def times(number: int) -> Callable[[], bool]:
    """Returns a ``DynamoDB.conflicts`` by which so many of the next writes meet a transaction."""
    left = iter(range(number))
    return lambda: next(left, None) is not None


def _of_template() -> dict[str, Table]:
    definitions = resources("AWS::DynamoDB::Table")
    return {name: Table.of_template(name, properties) for name, properties in definitions.items()}


def _given(request: Mapping[str, Any]) -> Values:
    literals: Values = request.get("ExpressionAttributeValues", {})
    return literals


def _after(
    kind: str, request: Mapping[str, Any], table: Table, old: Item | None, update: Update | None
) -> Item | None:
    """The item after a write whose condition holds. Raises: ``Invalid``"""
    if kind == "Put":
        return dict(request["Item"])
    if kind != "Update":
        return old if kind == "ConditionCheck" else None
    names: Names = request.get("ExpressionAttributeNames", {})
    if update is None:
        return old or dict(request["Key"])
    requests.check_targets(table, update, names)
    new = update.apply(old or dict(request["Key"]), names, _given(request))
    return None if old is None and update.only_removes else new


def _units(change: Change) -> float:
    """What a write costs; by what a put brings also where its condition fails."""
    return write_units(change.table, change.old, change.request.get("Item", change.new))


def _check_transaction(changes: list[Change]) -> None:
    if not 0 < len(changes) <= MAX_TRANSACTION:
        raise Invalid(f"a transaction has 1 to {MAX_TRANSACTION} operations")
    if len({(change.table.name, change.key) for change in changes}) < len(changes):
        raise Invalid("a transaction cannot include several operations on one item")


def _page(
    table: Table, sort_key: str, rows: list[Item], request: Mapping[str, Any]
) -> tuple[list[Item], bool]:
    """The rows that one query reads, and whether it stops at a limit."""

    def place(row: Item) -> tuple[str, ...]:
        return row[sort_key]["S"], *table.key_of(row)

    if start := request.get("ExclusiveStartKey"):
        # Not by looking for the row: it may be gone since.
        after = operator.gt if request.get("ScanIndexForward", True) else operator.lt
        rows = [row for row in rows if after(place(row), place(start))]
    limit, size = request.get("Limit", len(rows) + 1), 0
    for number, row in enumerate(rows, 1):
        size += item_bytes(row)
        if number == limit or size > requests.PAGE:
            return rows[:number], True
    return rows, False
