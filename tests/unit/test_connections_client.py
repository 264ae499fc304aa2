"""The client of @connections, against a server that records the requests."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from gatehouse.connections_client import ConnectionsClient
from tests.support.http_server import KEY, REGION, Server, serving, signed_alike

ID = "L0SM9cOFvHcCIhw="


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as http_server:
        yield http_server


@pytest.fixture
def client(server: Server) -> ConnectionsClient:
    return ConnectionsClient(server.http("execute-api", "/dev"))


def test_post_brings_the_text(server: Server, client: ConnectionsClient) -> None:
    assert client.post_to_connection(ConnectionId=ID, Data=b"hi") == {}
    ((method, path, _, body),) = server.asked
    assert (method, path, body) == ("POST", "/dev/@connections/L0SM9cOFvHcCIhw%3D", b"hi")


def test_delete_closes(server: Server, client: ConnectionsClient) -> None:
    assert client.delete_connection(ConnectionId=ID) == {}
    ((method, path, _, _),) = server.asked
    assert (method, path) == ("DELETE", "/dev/@connections/L0SM9cOFvHcCIhw%3D")


@pytest.mark.parametrize("operation", ["post_to_connection", "delete_connection"])
def test_signature_is_the_one_that_botocore_makes(
    server: Server, client: ConnectionsClient, operation: str
) -> None:
    request: dict[str, Any] = {"ConnectionId": ID}
    if operation == "post_to_connection":
        request["Data"] = b'{"push":{}}'
    session = botocore.session.get_session()
    session.set_credentials(KEY.access_key, KEY.secret_key, KEY.token)
    theirs = session.create_client(
        "apigatewaymanagementapi", REGION, endpoint_url=server.url + "/dev"
    )
    one, two = signed_alike(
        server, *(partial(getattr(each, operation), **request) for each in (client, theirs))
    )
    assert one.headers["authorization"] == two.headers["authorization"]
    assert one.headers["x-amz-security-token"] == two.headers["x-amz-security-token"] == KEY.token


@pytest.mark.parametrize(
    ("status", "code"), [(410, "GoneException"), (403, "ForbiddenException"), (418, "418")]
)
def test_refusal_has_the_code_that_botocore_has(
    server: Server, client: ConnectionsClient, status: int, code: str
) -> None:
    server.answers = [status]
    with pytest.raises(ClientError) as refused:
        client.post_to_connection(ConnectionId=ID, Data=b"hi")
    assert refused.value.response["Error"]["Code"] == code
    assert len(server.asked) == 1
