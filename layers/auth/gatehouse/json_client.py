"""The client of services that speak the AWS JSON protocol: DynamoDB, SQS and Secrets Manager.

Requests and responses are those of botocore's clients, with two exceptions that Gatehouse does not
need: values cannot be bytes, and dates stay numbers.
https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from urllib3.response import BaseHTTPResponse

    from gatehouse.signed_http import SignedHttp


@dataclass(frozen=True, slots=True)
class Service:
    """How to call a service."""

    name: str
    """The service's name in its host name and in signatures."""
    target: str
    """The prefix of an operation in ``X-Amz-Target``."""
    version: str
    """The version of the protocol."""


DYNAMODB = Service("dynamodb", "DynamoDB_20120810", "1.0")
SQS = Service("sqs", "AmazonSQS", "1.0")
SECRETS_MANAGER = Service("secretsmanager", "secretsmanager", "1.1")

_ONCE = frozenset({"PutSecretValue", "TransactWriteItems"})
"""Operations that take effect once per ``ClientRequestToken``, however often they are sent.

Without a token, a retry after a lost response would meet the effect of the first attempt."""


class JsonClient:
    """A client with one method per operation, named as in botocore.

    Raises (each method): botocore's ``ClientError`` with the service's own code;
    ``HTTPClientError`` if no response arrived, or one that cannot be read.
    """

    def __init__(self, service: Service, http: "SignedHttp") -> None:
        self._service = service
        self._http = http

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)
        operation = "".join(map(str.capitalize, name.split("_")))

        def call(**request: Any) -> dict[str, Any]:
            return self._call(operation, request)

        # The next call finds the attribute and does not come here.
        setattr(self, name, call)
        return call

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation in _ONCE:
            request.setdefault("ClientRequestToken", secrets.token_hex(16))
        headers = {
            "Content-Type": f"application/x-amz-json-{self._service.version}",
            "X-Amz-Target": f"{self._service.target}.{operation}",
        }
        refusal = partial(_refusal, operation)
        data = self._http.send("POST", "/", json.dumps(request).encode(), headers, refusal)
        return _read(data)


def _read(data: bytes) -> dict[str, Any]:
    from botocore.exceptions import HTTPClientError

    try:
        # DynamoDB and SQS send an empty response to some operations.
        payload = json.loads(data or b"{}")
    except ValueError as error:
        raise HTTPClientError(error=error) from error
    if not isinstance(payload, dict):
        raise HTTPClientError(error=f"the response is a {type(payload).__name__}, not an object")
    return payload


def _refusal(operation: str, answer: "BaseHTTPResponse") -> "ClientError":
    from botocore.exceptions import ClientError, HTTPClientError

    try:
        payload = _read(answer.data)
    except HTTPClientError:
        payload = {}
    # "prefix#Code" or "Code:text". A proxy in front of the service may send none.
    code = payload.get("__type", str(answer.status)).rpartition("#")[2].partition(":")[0]
    error = {"Code": code, "Message": payload.get("message", payload.get("Message", ""))}
    response: Any = {**payload, "Error": error}
    return ClientError(response, operation)
