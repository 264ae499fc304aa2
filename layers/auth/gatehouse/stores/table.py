"""A DynamoDB table as the stores use it: plain values in, plain values out."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from gatehouse import aws
from gatehouse.identity import new_id

if TYPE_CHECKING:
    from gatehouse.aws_clients import DynamoDB

Key = Mapping[str, str]
Item = dict[str, Any]
Write = dict[str, Any]
"""One entry of ``TransactItems``."""


MAX_WRITES = 100
"""Writes in one transaction, as DynamoDB limits them."""


class Condition(NamedTuple):
    """A condition or update expression with its values.

    Every attribute is written as ``#name``, so that none can be a reserved word of DynamoDB.
    """

    text: str
    values: Mapping[str, Any]


def when(text: str, **values: Any) -> Condition:
    """Creates a condition or an update expression, such as ``when("#n = :n", n=3)``."""
    return Condition(text, values)


def assignment(name: str, value: Any) -> Condition:
    """Returns the change that sets an attribute, or removes it if the value is None."""
    if value is None:
        return when(f"REMOVE #{name}")
    return when(f"SET #{name} = :{name}", **{name: value})


IS_NEW = when("attribute_not_exists(#pk)")
EXISTS = when("attribute_exists(#pk)")


class Table:
    """One table. Each method makes one call, and ``query`` makes one for each page.

    Raises (each method): ``ConditionFailed``, ``TransactionRefused`` or ``Unavailable``.
    """

    def __init__(self, name: str, client: "Callable[[], DynamoDB]" = aws.dynamodb) -> None:
        self.name = name
        self._client = client

    def get(self, key: Key, *, only: tuple[str, ...] = (), consistent: bool = True) -> Item | None:
        """Returns an item, or None. The read is strongly consistent by default."""
        request: dict[str, Any] = {"Key": _marshal(key), "ConsistentRead": consistent}
        if only:
            request["ProjectionExpression"] = ", ".join(f"#{name}" for name in only)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in only}
        item = self._call("get_item", **request).get("Item")
        return unmarshal(item) if item else None

    def put(
        self, item: Item, condition: Condition | None = None, *, old: bool = False
    ) -> Item | None:
        """Writes a whole item. Returns the item that it replaced, or None.

        Args:
            old: attach the stored item to a failed condition (``ConditionFailed.old``).
        """
        request: dict[str, Any] = {"Item": _marshal(item), "ReturnValues": "ALL_OLD"}
        if old:
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        answer = self._call("put_item", **request, **_expressions(condition=condition))
        return unmarshal(answer["Attributes"]) if answer.get("Attributes") else None

    def update(
        self, key: Key, change: Condition, condition: Condition | None = None, *, old: bool = False
    ) -> Item:
        """Changes an item. Returns the item after the change.

        Args:
            old: attach the stored item to a failed condition (``ConditionFailed.old``).
        """
        request: dict[str, Any] = {"Key": _marshal(key), "ReturnValues": "ALL_NEW"}
        if old:
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        answer = self._call("update_item", **request, **_expressions(change, condition))
        return unmarshal(answer["Attributes"])

    def delete(self, key: Key, condition: Condition | None = None) -> Item | None:
        """Deletes an item. Returns the deleted item, or None."""
        request = {"Key": _marshal(key), "ReturnValues": "ALL_OLD"}
        answer = self._call("delete_item", **request, **_expressions(condition=condition))
        return unmarshal(answer["Attributes"]) if answer.get("Attributes") else None

    def query(
        self,
        partition: tuple[str, str],
        *,
        index: str | None = None,
        sort: Condition | None = None,
        only: tuple[str, ...] = (),
        consistent: bool = True,
        newest_first: bool = False,
        at_once: int | None = None,
    ) -> Iterator[Item]:
        """Yields all items of a partition in the order of their sort keys, page by page.

        Args:
            partition: the name and value of the partition key.
            sort: a condition on the sort key.
            newest_first: reverse the order.
            at_once: how many items one call reads. By default a call reads up to 1 MB, and all that
                it reads is billed, even if the caller stops early.
        """
        request = _query(partition, sort, only)
        request |= {"IndexName": index} if index else {"ConsistentRead": consistent}
        request["ScanIndexForward"] = not newest_first
        if at_once:
            request["Limit"] = at_once
        while True:
            page = self._call("query", **request)
            yield from map(unmarshal, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def delete_all(
        self,
        partition: tuple[str, str],
        *,
        sort: Condition | None = None,
        keep: Key | None = None,
        most: int,
    ) -> bool:
        """Deletes up to ``most`` items of a partition except ``keep``, in batches.

        Returns whether no other item is left. Exactly ``most`` count as if there were more.
        """
        keys = self.query(partition, sort=sort, only=("pk", "sk"), at_once=most + 1)
        others = list(islice((key for key in keys if key != keep), most))
        for start in range(0, len(others), MAX_WRITES):
            self.transact(*map(self.deleting, others[start : start + MAX_WRITES]))
        return len(others) < most

    def putting(self, item: Item, condition: Condition | None = None) -> Write:
        """Returns a put for a transaction."""
        return {"Put": self._writing(Item=_marshal(item), **_expressions(condition=condition))}

    def updating(self, key: Key, change: Condition, condition: Condition | None = None) -> Write:
        """Returns an update for a transaction."""
        return {"Update": self._writing(Key=_marshal(key), **_expressions(change, condition))}

    def deleting(self, key: Key, condition: Condition | None = None) -> Write:
        """Returns a delete for a transaction."""
        return {"Delete": self._writing(Key=_marshal(key), **_expressions(condition=condition))}

    def checking(self, key: Key, condition: Condition) -> Write:
        """Returns a condition on an item that the transaction does not change."""
        return {"ConditionCheck": self._writing(Key=_marshal(key), **_expressions(None, condition))}

    def transact(self, *writes: Write) -> None:
        """Makes all of the writes or none.

        All attempts have one token, so that an attempt whose response was lost is not repeated.
        """
        aws.call(
            self._client().transact_write_items,
            TransactItems=cast("Any", writes),
            ClientRequestToken=new_id(),
        )

    def _writing(self, **request: Any) -> Write:
        return {"TableName": self.name, **request}

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        method = getattr(self._client(), operation)
        answer: dict[str, Any] = aws.call(method, TableName=self.name, **request)
        return answer


def unmarshal(item: Mapping[str, Any]) -> Item:
    """Returns an item as plain values. Numbers become ``int``: all stored ones are whole."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "SS":
            return set(content)
        case "L":
            return [_plain(each) for each in content]
        case "M":
            return unmarshal(content)
        case "NULL":
            return None
    raise TypeError(f"a DynamoDB value of the type {kind} is not supported")


def _marshal(item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns plain values as DynamoDB attributes, without those that are None."""
    return {name: _typed(value) for name, value in item.items() if value is not None}


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case set() | frozenset():
            return {"SS": sorted(value)}
        case list() | tuple():
            return {"L": [_typed(each) for each in value]}
        case Mapping():
            return {"M": _marshal(value)}
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _query(
    partition: tuple[str, str], sort: Condition | None, only: tuple[str, ...]
) -> dict[str, Any]:
    name, value = partition
    text = f"#{name} = :{name}" + (f" AND {sort.text}" if sort else "")
    values = {name: value, **(sort.values if sort else {})}
    request: dict[str, Any] = {
        "KeyConditionExpression": text,
        "ExpressionAttributeValues": _marshal({f":{n}": v for n, v in values.items()}),
    }
    if only:
        request["ProjectionExpression"] = ", ".join(f"#{each}" for each in only)
    request["ExpressionAttributeNames"] = _names(text, request.get("ProjectionExpression", ""))
    return request


def _expressions(
    change: Condition | None = None, condition: Condition | None = None
) -> dict[str, Any]:
    """Returns the parts of a request that hold expressions, names and values."""
    request: dict[str, Any] = {}
    if change:
        request["UpdateExpression"] = change.text
    if condition:
        request["ConditionExpression"] = condition.text
    names = _names(*request.values())
    values = {**(change.values if change else {}), **(condition.values if condition else {})}
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = _marshal({f":{n}": v for n, v in values.items()})
    return request


def _names(*expressions: str) -> dict[str, str]:
    """Returns the map from each ``#name`` in the expressions to the attribute ``name``."""
    return {name: name[1:] for text in expressions for name in re.findall(r"#\w+", text)}
