"""Creates the AWS clients and translates their errors. No other module does either.

Clients are created on first use and live as long as the process, so that warm requests reuse their
connections. Their timeouts are shorter than those of the functions, so that a slow AWS service
results in an error response instead of a killed process.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from gatehouse import json_client, signed_http
from gatehouse.errors import Unavailable

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session

    from gatehouse.aws_clients import SES, SQS, DynamoDB, SecretsManager
    from gatehouse.connections_client import ConnectionsClient

P = ParamSpec("P")
R = TypeVar("R")

CONFLICT_ATTEMPTS = 4
"""Attempts in all for a write that meets a transaction on the same item."""

CONFLICT_PATIENCE = 2.0
"""Seconds after which no further attempt begins. With the longest attempt, this is less than the
shortest function timeout."""

_FOR_NOW = frozenset({"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"})
"""The reasons of a cancelled transaction that are worth another attempt."""

pause: Callable[[float], None] = time.sleep
"""Waits between two attempts. Tests and simulations in virtual time replace it."""


class ConditionFailed(Exception):
    """A conditional write failed. ``old`` is the stored item as DynamoDB JSON, if requested."""

    def __init__(self, old: dict[str, Any] | None = None) -> None:
        super().__init__("the condition failed")
        self.old = old


class TransactionRefused(Exception):
    """A transaction's conditions failed. ``failed`` holds the positions of the failed writes."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__(f"the conditions of the writes {sorted(failed)} failed")
        self.failed = failed


class MailRefused(Exception):
    """Amazon SES did not accept an email. ``code`` and ``reason`` are SES's own words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"SES refused an email: {code}")
        self.code = code
        self.reason = reason


class ConnectionGone(Exception):
    """The connection is closed (410) or never existed."""


class _Conflict(Exception):
    """A transaction has the item now, or an earlier attempt of the same transaction is going on."""


@cache
def dynamodb() -> "DynamoDB":
    return _json_client(json_client.DYNAMODB)


@cache
def sqs() -> "SQS":
    return _json_client(json_client.SQS)


@cache
def secrets_manager() -> "SecretsManager":
    return _json_client(json_client.SECRETS_MANAGER)


@cache
def connections(endpoint: str) -> "ConnectionsClient":
    from gatehouse.connections_client import ConnectionsClient

    return ConnectionsClient(_signed_http(endpoint.rstrip("/"), "execute-api"))


@cache
def ses() -> "SES":
    from botocore.config import Config

    # botocore logs at every start where it found its credentials.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    config = Config(
        connect_timeout=signed_http.CONNECT_TIMEOUT,
        read_timeout=signed_http.READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": signed_http.ATTEMPTS},
    )
    return _session().create_client("sesv2", config=config)  # type: ignore[return-value]


def _json_client(service: json_client.Service) -> json_client.JsonClient:
    return json_client.JsonClient(service, _signed_http(endpoint_of(service.name), service.name))


def _signed_http(endpoint: str, service: str) -> signed_http.SignedHttp:
    return signed_http.SignedHttp(
        endpoint, service, _region(), _credentials(), signed_http.pool(endpoint)
    )


def endpoint_of(service: str) -> str:
    """Returns a service's endpoint: the configured one, or its host in the region.

    AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    """
    name = service.replace("secretsmanager", "secrets_manager").upper()
    configured = os.environ.get(f"AWS_ENDPOINT_URL_{name}") or os.environ.get("AWS_ENDPOINT_URL")
    region = _region()
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return configured.rstrip("/") if configured else f"https://{service}.{region}.{domain}"


def _region() -> str:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise Unavailable("no AWS region is configured")
    return region


@cache
def _credentials() -> "Callable[[], ReadOnlyCredentials]":
    """Returns a function that returns the current credentials.

    A Lambda function has its keys in its environment. A function that was restored from a snapshot
    gets them from a server, where botocore finds and renews them. botocore's search takes a tenth
    of a start.
    """
    if "AWS_ACCESS_KEY_ID" in os.environ:
        keys = SimpleNamespace(
            access_key=os.environ["AWS_ACCESS_KEY_ID"],
            secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
            token=os.environ.get("AWS_SESSION_TOKEN"),
        )
        return lambda: keys  # type: ignore[return-value]  # all that a signature needs
    credentials = _session().get_credentials()
    if credentials is None:
        raise Unavailable("no AWS credentials were found")
    return credentials.get_frozen_credentials


@cache
def _session() -> "Session":
    # botocore rather than boto3: the same clients without importing resources and transfers.
    from botocore.session import get_session

    return get_session()


def call(operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls an operation of a client and translates its errors.

    A write that meets a transaction on the same item did nothing. It is tried again here, because
    no client does it.

    Raises:
        ConditionFailed, TransactionRefused: a condition of the write did not hold.
        ConnectionGone: the @connections command found no connection.
        MailRefused: SES answered, but did not accept an email.
        Unavailable: anything else. ``__cause__`` holds the cause for the log.
    """
    end = time.monotonic() + CONFLICT_PATIENCE
    for attempt in range(1, CONFLICT_ATTEMPTS + 1):
        try:
            with _translated():
                return operation(*args, **kwargs)
        except _Conflict as conflict:
            if attempt == CONFLICT_ATTEMPTS or time.monotonic() >= end:
                raise Unavailable from conflict.__cause__
        pause(signed_http.pause_after(attempt))
    raise AssertionError("there is always a last attempt")


def send_batch(client: "SQS", queue_url: str, entries: "list[Any]") -> None:
    """Sends up to ten messages in one call.

    Raises:
        Unavailable: the queue did not accept all of them.
    """
    answer = call(client.send_message_batch, QueueUrl=queue_url, Entries=entries)
    if answer.get("Failed"):
        raise Unavailable(f"the queue took {len(answer['Successful'])} of {len(entries)} messages")


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _translate(error) from error
    except BotoCoreError as error:
        raise Unavailable from error


def _translate(error: Any) -> Exception:
    answer = error.response
    match answer["Error"].get("Code"):
        case "ConditionalCheckFailedException":
            return ConditionFailed(answer.get("Item"))
        case "TransactionCanceledException":
            return _translate_cancellation(answer.get("CancellationReasons") or [])
        case "TransactionConflictException" | "TransactionInProgressException":
            return _Conflict()
        case "GoneException" | "410":
            return ConnectionGone()
        case str(code) if error.operation_name == "SendEmail":
            return MailRefused(code, answer["Error"].get("Message", ""))
    return Unavailable()


def _translate_cancellation(reasons: list[dict[str, Any]]) -> Exception:
    """A failed condition decides. Otherwise, a conflict or a throttled item passes.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    codes = [reason.get("Code") for reason in reasons]
    failed = frozenset(i for i, code in enumerate(codes) if code == "ConditionalCheckFailed")
    if failed:
        return TransactionRefused(failed)
    others = {code for code in codes if code and code != "None"}
    return _Conflict() if others and others <= _FOR_NOW else Unavailable()
