"""The client of the AWS JSON protocol, compared with botocore's and against a recording server.

That both get the same responses from a service is tested with the local stack (tests/e2e).
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, HTTPClientError
from botocore.model import ServiceModel

from gatehouse import json_client
from gatehouse.json_client import DYNAMODB, SECRETS_MANAGER, SQS, JsonClient, Service
from gatehouse.stores.table import EXISTS, Table
from tests.support.http_server import KEY, REGION, Server, serving, signed_alike

SERVICES = [DYNAMODB, SQS, SECRETS_MANAGER]
PUT = {"Put": {"TableName": "t", "Item": {"pk": {"S": "a"}}}}
REQUESTS: list[tuple[Service, str, dict[str, Any]]] = [
    (DYNAMODB, "get_item", {"TableName": "t", "Key": {"pk": {"S": "ä\u2028"}, "n": {"N": "1"}}}),
    (DYNAMODB, "transact_write_items", {"TransactItems": [PUT], "ClientRequestToken": "once"}),
    (SQS, "send_message", {"QueueUrl": "https://sqs.example/1/q", "MessageBody": "hi"}),
    (SECRETS_MANAGER, "get_secret_value", {"SecretId": "arn:aws:secretsmanager:x"}),
]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as http_server:
        yield http_server


@pytest.fixture
def dynamodb(server: Server) -> JsonClient:
    return JsonClient(DYNAMODB, server.http("dynamodb"))


def model(service: Service) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service.name)


def botocores(service: Service, server: Server) -> Any:
    session = botocore.session.get_session()
    session.set_credentials(KEY.access_key, KEY.secret_key, KEY.token)
    return session.create_client(service.name, REGION, endpoint_url=server.url)


@pytest.mark.parametrize("service", SERVICES, ids=str)
def test_service_is_called_as_its_description_says(service: Service) -> None:
    metadata = model(service).metadata
    assert metadata["protocol"] == "json"
    assert service.name == model(service).signing_name == metadata["endpointPrefix"]
    assert (service.target, service.version) == (metadata["targetPrefix"], metadata["jsonVersion"])


def test_what_is_done_once_is_what_the_descriptions_call_so() -> None:
    """Covers the operations that functions are granted. Others would need an entry in ``_ONCE``."""
    once = {
        name
        for service in SERVICES
        for name in model(service).operation_names
        for member in model(service).operation_model(name).idempotent_members
        if member == "ClientRequestToken"
    }
    assert once >= json_client._ONCE
    assert once - json_client._ONCE == {
        "CreateSecret",
        "ExecuteTransaction",
        "RotateSecret",
        "UpdateSecret",
    } | {name for name in once if name.startswith(("Export", "Import"))}


@pytest.mark.parametrize(("service", "operation", "request_"), REQUESTS)
def test_request_is_the_one_that_botocore_makes(
    server: Server, service: Service, operation: str, request_: dict[str, Any]
) -> None:
    clients = (JsonClient(service, server.http(service.name)), botocores(service, server))
    ours, theirs = (partial(_ask, each, operation, request_, server) for each in clients)
    one, two = signed_alike(server, ours, theirs)
    assert (one.method, one.path) == (two.method, two.path)
    assert json.loads(one.body) == json.loads(two.body)
    for name in ("content-type", "x-amz-target", "x-amz-security-token"):
        assert one.headers[name] == two.headers[name]
    if one.body == two.body and "x-amzn-query-mode" not in two.headers:
        assert one.headers["authorization"] == two.headers["authorization"]


def _ask(client: Any, operation: str, request: dict[str, Any], server: Server) -> None:
    server.answers = [(200, b"{}")]
    getattr(client, operation)(**request)


def test_answer_comes_back_as_it_is(server: Server, dynamodb: JsonClient) -> None:
    server.answers = [(200, b'{"Item":{"n":{"N":"1"}}}')]
    assert dynamodb.get_item(TableName="t", Key={}) == {"Item": {"n": {"N": "1"}}}


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"1"])
def test_answer_that_is_none_is_no_success(
    server: Server, dynamodb: JsonClient, body: bytes
) -> None:
    server.answers = [(200, body)]
    with pytest.raises(HTTPClientError):
        dynamodb.get_item(TableName="t", Key={})


def test_empty_answer_is_one(server: Server, dynamodb: JsonClient) -> None:
    server.answers = [(200, b"")]
    assert dynamodb.transact_write_items(TransactItems=[]) == {}


def test_client_has_nothing_private_that_it_would_ask_for(dynamodb: JsonClient) -> None:
    assert not hasattr(dynamodb, "__deepcopy__")


def test_operation_is_found_once(dynamodb: JsonClient) -> None:
    assert dynamodb.get_item is dynamodb.get_item


def test_transaction_whose_answer_was_lost_is_the_same_one_again(
    server: Server, dynamodb: JsonClient
) -> None:
    server.answers = [500, (200, b"{}")]
    dynamodb.transact_write_items(TransactItems=[])
    dynamodb.transact_write_items(TransactItems=[])
    first, again, other = (json.loads(asked.body)["ClientRequestToken"] for asked in server.asked)
    assert first == again != other
    assert len(first) <= 36


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            b'{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}',
            "ConditionalCheckFailedException",
        ),
        (b'{"__type":"ResourceNotFoundException:http://x"}', "ResourceNotFoundException"),
        (b"<html>", "400"),
        (b"[]", "400"),
        (b"", "400"),
    ],
)
def test_refusal_has_the_code_of_the_service(
    server: Server, dynamodb: JsonClient, body: bytes, code: str
) -> None:
    server.answers = [(400, body)]
    with pytest.raises(ClientError) as refused:
        dynamodb.put_item(TableName="t", Item={})
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.operation_name == "PutItem"


def test_refusal_brings_what_else_the_service_tells(server: Server, dynamodb: JsonClient) -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]
    payload = {"__type": "x#TransactionCanceledException", "CancellationReasons": reasons}
    server.answers = [(400, json.dumps(payload).encode())]
    with pytest.raises(ClientError) as refused:
        dynamodb.transact_write_items(TransactItems=[])
    assert refused.value.response["CancellationReasons"] == reasons


CONFLICTS: dict[str, dict[str, Any]] = {
    "TransactionCanceledException": {
        "Message": "Transaction cancelled, please refer cancellation reasons",
        "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "x"}],
    },
    "TransactionConflictException": {"message": "Transaction is ongoing for the item"},
    "TransactionInProgressException": {"Message": "x"},
}


def either(server: Server, *, ours: bool) -> Any:
    """Returns one of both clients."""
    if ours:
        return JsonClient(DYNAMODB, server.http("dynamodb"))
    return botocores(DYNAMODB, server)


@pytest.mark.parametrize("code", CONFLICTS)
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "botocore's"])
def test_conflict_of_either_client_is_tried_again_with_the_same_token(
    server: Server, code: str, ours: bool
) -> None:
    payload = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **CONFLICTS[code]}
    client = either(server, ours=ours)
    table = Table("t", lambda: client)
    server.answers = [(400, json.dumps(payload).encode()), (200, b"{}")]
    table.transact(table.checking({"pk": "A"}, EXISTS))
    first, again = (json.loads(asked.body)["ClientRequestToken"] for asked in server.asked)
    assert first == again


@pytest.mark.parametrize("ours", [True, False], ids=["ours", "botocore's"])
def test_single_write_of_either_client_is_tried_again(server: Server, ours: bool) -> None:
    body = b'{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException"}'
    client = either(server, ours=ours)
    server.answers = [(400, body), (400, body), (200, b"{}")]
    Table("t", lambda: client).put({"pk": "A"})
    assert len(server.asked) == 3
