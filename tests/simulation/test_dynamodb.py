"""Simulated DynamoDB answers as moto does, which is slow and well tried."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from harness.moto_backend import client
from harness.simulated.dynamodb import DynamoDB
from harness.tables import create_tables

TABLE = "RealtimeTable"
INDEX = "connections-by-slot"
Request = tuple[str, dict[str, Any]]

# Requests.

TEXTS = st.sampled_from(["a", "ab", "b"])
NUMBERS = st.integers(-1, 3)
SETS = st.sets(TEXTS, min_size=1)
KEYS = st.fixed_dictionaries(
    {"pk": st.sampled_from("PQ"), "sk": st.sampled_from(["LOG#1", "LOG#2", "MEM#1", "MEM#2"])}
)
ATTRIBUTES = {"n": NUMBERS, "m": NUMBERS, "text": TEXTS, "tags": SETS, "dead": st.booleans()}
ITEMS = st.fixed_dictionaries(
    {"pk": st.sampled_from("PQ"), "sk": st.sampled_from(["LOG#1", "LOG#2", "MEM#1", "MEM#2"])},
    optional={**ATTRIBUTES, "slot": st.sampled_from("01")},
)
# Not UPDATED_NEW and UPDATED_OLD, where moto tells of whatever differs, keys too.
RETURNED = st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW"])


def marshalled(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case set() | frozenset():
            return {"SS": sorted(value)}
    return {"S": value}


def low_level(item: dict[str, Any]) -> dict[str, Any]:
    return {name: marshalled(value) for name, value in item.items()}


class Draft:
    """An expression that is being written, with its placeholders."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, name: str) -> str:
        self.names[f"#{name}"] = name
        return f"#{name}"

    def value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = marshalled(value)
        return placeholder

    def condition(self, depth: int = 2) -> str:
        if depth and self.draw(st.booleans()):
            left, right = self.condition(depth - 1), self.condition(depth - 1)
            form = self.draw(
                st.sampled_from(["{} AND {}", "{} OR {}", "({} OR {})", "NOT ({}) AND {}"])
            )
            return str(form.format(left, right))
        return self._test()

    def _test(self) -> str:
        name = self.draw(st.sampled_from(["pk", "n", "m", "text", "tags", "dead"]))
        drawn = {**ATTRIBUTES, "pk": TEXTS}[name]
        match self.draw(st.integers(0, 5)):
            case 0:
                return f"attribute_exists({self.name(name)})"
            case 1:
                return f"attribute_not_exists({self.name(name)})"
            case 2:
                sign = self.draw(st.sampled_from(["=", "<>"]))
                return f"{self.name(name)} {sign} {self.value(self.draw(drawn))}"
            case 3:
                sign = self.draw(st.sampled_from(["<", "<=", ">", ">="]))
                return f"{self.name('n')} {sign} {self.value(self.draw(NUMBERS))}"
            case 4:
                return f"contains({self.name('tags')}, {self.value(self.draw(TEXTS))})"
        low, high = self.value(0), self.value(self.draw(NUMBERS))
        return f"{self.name('m')} BETWEEN {low} AND {high}"

    def update(self) -> str:
        """Clauses in any order, each attribute in one of them."""
        free = self.draw(st.permutations(["n", "m", "text", "tags", "dead", "slot"]))
        clauses = []
        for clause in self.draw(st.permutations(["SET", "REMOVE", "ADD", "DELETE"])):
            if not free or not self.draw(st.booleans()):
                continue
            if clause in ("ADD", "DELETE"):
                element = self._element(clause, free)
                if element:
                    clauses.append(element)
                continue
            taken = [free.pop() for _ in range(min(len(free), self.draw(st.integers(1, 2))))]
            one = self._assignment if clause == "SET" else self.name
            clauses.append(f"{clause} {', '.join(map(one, taken))}")
        if not any(clause.startswith(("SET", "ADD")) for clause in clauses):
            # moto makes an item of an update that only removes; DynamoDB does not.
            clauses.append(f"ADD {self.name('count')} {self.value(1)}")
        return " ".join(clauses)

    def _element(self, clause: str, free: list[str]) -> str:
        for name in ("tags", *(["n"] if clause == "ADD" else [])):
            if name in free:
                free.remove(name)
                drawn = SETS if name == "tags" else NUMBERS
                return f"{clause} {self.name(name)} {self.value(self.draw(drawn))}"
        return ""

    def _assignment(self, name: str) -> str:
        target = self.name(name)
        if name not in ("n", "m"):
            drawn = {**ATTRIBUTES, "slot": st.sampled_from("01")}[name]
            return f"{target} = {self.value(self.draw(drawn))}"
        other, number = self.name(self.draw(st.sampled_from("nm"))), self.draw(NUMBERS)
        match self.draw(st.integers(0, 3)):
            case 0:
                return f"{target} = {self.value(number)}"
            case 1:
                return f"{target} = {other} + {self.value(number)}"
            case 2:
                return f"{target} = if_not_exists({other}, {self.value(number)})"
        first = f"if_not_exists({other}, {self.value(0)})"
        return f"{target} = {first} - {self.value(number)}"

    def placeholders(self) -> dict[str, Any]:
        params: dict[str, Any] = {}
        if self.names:
            params["ExpressionAttributeNames"] = self.names
        if self.values:
            params["ExpressionAttributeValues"] = self.values
        return params


@st.composite
def writes(draw: st.DrawFn) -> Request:
    kind = draw(st.sampled_from(["put_item", "update_item", "update_item", "delete_item"]))
    draft = Draft(draw)
    request: dict[str, Any] = {}
    if kind == "put_item":
        request["Item"] = low_level(draw(ITEMS))
    else:
        request["Key"] = low_level(draw(KEYS))
    if kind == "update_item":
        request["UpdateExpression"] = draft.update()
    if draw(st.booleans()):
        request["ConditionExpression"] = draft.condition()
        request["ReturnValuesOnConditionCheckFailure"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    returned = draw(RETURNED)
    if kind == "update_item" or returned in ("NONE", "ALL_OLD"):
        request["ReturnValues"] = returned
    return kind, request | draft.placeholders()


@st.composite
def transactions(draw: st.DrawFn) -> Request:
    parts: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 3))):
        kind, request = draw(writes())
        request.pop("ReturnValues", None)
        if kind == "delete_item" and "ConditionExpression" in request and draw(st.booleans()):
            kind = "condition_check"
        name = {"condition_check": "ConditionCheck"}.get(kind, kind.removesuffix("_item").title())
        parts.append({name: {"TableName": TABLE, **request}})
    return "transact_write_items", {"TransactItems": parts}


@st.composite
def reads(draw: st.DrawFn) -> Request:
    draft = Draft(draw)
    request: dict[str, Any] = {}
    index = draw(st.booleans())
    kind = draw(st.sampled_from(["get_item", "query", "query"]))
    if kind == "get_item":
        request = {"Key": low_level(draw(KEYS)), "ConsistentRead": True}
    elif index:
        slot = draft.value(draw(st.sampled_from("01")))
        request = {"IndexName": INDEX, "KeyConditionExpression": f"{draft.name('slot')} = {slot}"}
    else:
        text = f"{draft.name('pk')} = {draft.value(draw(st.sampled_from('PQ')))}"
        start = draw(st.sampled_from(["LOG#", "MEM#", "LOG#2"]))
        match draw(st.integers(0, 4)):
            case 1:
                text += f" AND begins_with({draft.name('sk')}, {draft.value(start)})"
            case 2:
                low, high = draft.value(start), draft.value("MEM#1")
                text += f" AND {draft.name('sk')} BETWEEN {low} AND {high}"
            case 3:
                sign = draw(st.sampled_from(["<", "<=", ">", ">=", "="]))
                text += f" AND {draft.name('sk')} {sign} {draft.value(start)}"
        request = {"KeyConditionExpression": text}
    if kind == "query":
        request["ScanIndexForward"] = draw(st.booleans())
        if draw(st.booleans()):
            request["Limit"] = draw(st.integers(1, 3))
    if not index and draw(st.booleans()):
        request["ProjectionExpression"] = ", ".join(map(draft.name, ["n", "sk", "tags"]))
    return kind, request | draft.placeholders()


# Answers.


def outcome(dynamodb: Any, request: Request) -> Any:
    """What a client answers, in a form that can be compared; a query's pages together."""
    kind, params = request
    named = params if kind == "transact_write_items" else {"TableName": TABLE, **params}
    try:
        if kind == "query":
            return list(pages(dynamodb, named))
        answer = getattr(dynamodb, kind)(**named)
    except ClientError as error:
        response: dict[str, Any] = dict(error.response)
        reasons = [
            (reason["Code"], unordered(reason.get("Item")))
            for reason in response.get("CancellationReasons", ())
        ]
        return response["Error"]["Code"], unordered(response.get("Item")), reasons
    return unordered(answer.get("Item")), unordered(answer.get("Attributes"))


def pages(dynamodb: Any, request: dict[str, Any]) -> Iterator[Any]:
    while True:
        page = dynamodb.query(**request)
        yield from map(unordered, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        request = request | {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def unordered(item: dict[str, Any] | None) -> Any:
    """Sets have no order, and where there is nothing some leave it out."""
    return {
        name: frozenset(value["SS"]) if "SS" in value else value
        for name, value in (item or {}).items()
    }


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with mock_aws():
        yield client("dynamodb")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.one_of(writes(), writes(), transactions(), reads()), min_size=1, max_size=12))
def test_answers_are_those_of_moto(moto: Any, requests: list[Request]) -> None:
    for name in moto.list_tables()["TableNames"]:
        moto.delete_table(TableName=name)
    create_tables(moto)
    simulated = DynamoDB()
    for request in requests:
        assert outcome(simulated, request) == outcome(moto, request), request
