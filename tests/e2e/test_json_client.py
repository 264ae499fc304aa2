"""Our client and botocore's get the same answers from a service."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from gatehouse import signed_http
from gatehouse.json_client import DYNAMODB, SECRETS_MANAGER, SQS, JsonClient, Service
from gatehouse.signed_http import SignedHttp
from harness.local_stack import LocalStack

KEY = Credentials("000000000000", "local").get_frozen_credentials()
OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
IS_NEW = {"ConditionExpression": "attribute_not_exists(pk)"}
PUTS: list[dict[str, Any]] = [
    {"Put": {"Item": {"pk": {"S": "b"}, "sk": {"S": "0"}}, **IS_NEW}},
    {"Put": {"Item": {"pk": {"S": "a"}, "sk": {"S": "0"}}, **IS_NEW}},
]
DYNAMODB_REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("put_item", {"Item": {"pk": {"S": "a"}, "sk": {"S": "0"}, "n": {"N": "1"}}, **IS_NEW}),
    ("put_item", {"Item": {"pk": {"S": "a"}, "sk": {"S": "0"}}, **IS_NEW, **OLD}),
    ("get_item", {"Key": {"pk": {"S": "a"}, "sk": {"S": "0"}}, "ConsistentRead": True}),
    ("get_item", {"Key": {"pk": {"S": "nobody"}, "sk": {"S": "0"}}}),
    (
        "update_item",
        {
            "Key": {"pk": {"S": "a"}, "sk": {"S": "0"}},
            "UpdateExpression": "ADD n :one SET #l = :l",
            "ExpressionAttributeNames": {"#l": "ä"},
            "ExpressionAttributeValues": {
                ":one": {"N": "1"},
                ":l": {"L": [{"M": {"x": {"BOOL": True}}}, {"NULL": True}]},
            },
            "ReturnValues": "ALL_NEW",
        },
    ),
    (
        "query",
        {
            "KeyConditionExpression": "pk = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
            "Limit": 1,
        },
    ),
    ("transact_write_items", {"TransactItems": PUTS}),
    ("transact_write_items", {"TransactItems": PUTS[:1]}),
    ("delete_item", {"Key": {"pk": {"S": "a"}, "sk": {"S": "0"}}, "ReturnValues": "ALL_OLD"}),
    ("get_item", {"TableName": "no-such-table", "Key": {"pk": {"S": "a"}, "sk": {"S": "0"}}}),
    ("get_item", {"Key": {"pk": {"N": "1"}}}),
]


def ours(stack: LocalStack, service: Service) -> JsonClient:
    http = SignedHttp(
        stack.aws, service.name, "eu-central-1", lambda: KEY, signed_http.pool(stack.aws)
    )
    return JsonClient(service, http)


def outcome(client: Any, operation: str, request: dict[str, Any]) -> Any:
    """Returns a client's answer, or the parts of a refusal that our code reads."""
    try:
        answer: dict[str, Any] = getattr(client, operation)(**request)
    except ClientError as refused:
        response: dict[str, Any] = dict(refused.response)
        reasons = [reason.get("Code") for reason in response.get("CancellationReasons", [])]
        return response["Error"]["Code"], response.get("Item"), reasons
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.fixture
def tables(stack: LocalStack) -> Iterator[list[str]]:
    """A table for each client, so that both run all operations."""
    dynamodb = stack.client("dynamodb")
    names = [f"json-client-{uuid4().hex}" for _ in range(2)]
    for name in names:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    yield names
    for name in names:
        dynamodb.delete_table(TableName=name)


def in_table(name: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    if operation != "transact_write_items":
        return {"TableName": name, **request}
    writes = request["TransactItems"]
    return {"TransactItems": [{"Put": {"TableName": name, **each["Put"]}} for each in writes]}


def test_dynamodb_tells_both_the_same(stack: LocalStack, tables: list[str]) -> None:
    clients = (ours(stack, DYNAMODB), stack.client("dynamodb"))
    for operation, request in DYNAMODB_REQUESTS:
        one, two = (
            outcome(client, operation, in_table(name, operation, request))
            for client, name in zip(clients, tables, strict=True)
        )
        assert one == two, operation


def test_queue_takes_messages_of_both(stack: LocalStack) -> None:
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName=f"json-client-{uuid4().hex}")["QueueUrl"]
    entries = [{"Id": each, "MessageBody": f"batch {each}"} for each in "ab"]
    for client in (ours(stack, SQS), sqs):
        sent = client.send_message(QueueUrl=url, MessageBody="ä")
        batch = client.send_message_batch(QueueUrl=url, Entries=entries)
        assert sent["MessageId"]
        assert [each["Id"] for each in batch["Successful"]] == ["a", "b"]
    bodies: list[str] = []
    while len(bodies) < 6:
        answer = ours(stack, SQS).receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        bodies += [message["Body"] for message in answer.get("Messages", [])]
    assert sorted(bodies) == sorted(2 * ["ä", "batch a", "batch b"])
    sqs.delete_queue(QueueUrl=url)


def test_secret_is_the_same_to_both(stack: LocalStack) -> None:
    secrets = stack.client("secretsmanager")
    arn = secrets.create_secret(Name=f"json-client-{uuid4().hex}", SecretString="one")["ARN"]
    ours(stack, SECRETS_MANAGER).put_secret_value(SecretId=arn, SecretString="two")
    for client in (ours(stack, SECRETS_MANAGER), secrets):
        assert client.get_secret_value(SecretId=arn)["SecretString"] == "two"
        missing = outcome(client, "get_secret_value", {"SecretId": "no-such-secret"})
        assert missing[0] == "ResourceNotFoundException"
