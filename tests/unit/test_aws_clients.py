"""The declared operations exist in boto3's clients."""

from typing import Any

import pytest

from gatehouse import aws_clients
from harness.moto_backend import client

CLIENTS = {
    "dynamodb": aws_clients.DynamoDB,
    "sqs": aws_clients.SQS,
    "secretsmanager": aws_clients.SecretsManager,
    "sesv2": aws_clients.SES,
    "apigatewaymanagementapi": aws_clients.Connections,
}


def operations(protocol: Any) -> set[str]:
    return {name for name, member in vars(protocol).items() if isinstance(member, property)}


@pytest.mark.parametrize("service", CLIENTS)
def test_operations_are_those_of_boto3(service: str) -> None:
    names = operations(CLIENTS[service])
    assert names
    assert [name for name in names if not hasattr(client(service), name)] == []
