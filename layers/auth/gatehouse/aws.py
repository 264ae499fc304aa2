"""The one place that makes AWS clients, and the words for what they may answer.

Clients are made when they are first used and live as long as the process: a warm request reuses
their connections. Their timeouts are set here, below those of the functions, so that a slow AWS
becomes a mapped answer instead of a killed process.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from gatehouse.errors import Unavailable

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

    from gatehouse.connections_client import ConnectionsClient

CONNECT_TIMEOUT = 1.0
READ_TIMEOUT = 3.0
ATTEMPTS = 3
"""Seconds, seconds, and calls in all: 3 x 3 s stay below the 15 s that functions get at least."""

P = ParamSpec("P")
R = TypeVar("R")


class ConditionFailed(Exception):
    """A conditional write met something else; ``old`` is that item, low-level, if asked for."""

    def __init__(self, old: dict[str, Any] | None = None) -> None:
        super().__init__("the condition failed")
        self.old = old


class TransactionRefused(Exception):
    """A transaction's conditions failed; ``failed`` has the positions of the writes that did."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__(f"the conditions of the writes {sorted(failed)} failed")
        self.failed = failed


class ConnectionGone(Exception):
    """The connection is closed (410), or never was one."""


@cache
def dynamodb() -> "DynamoDBClient":
    return _client("dynamodb")  # type: ignore[return-value]


@cache
def sqs() -> "SQSClient":
    return _client("sqs")  # type: ignore[return-value]


@cache
def secrets_manager() -> "SecretsManagerClient":
    return _client("secretsmanager")  # type: ignore[return-value]


@cache
def ses() -> "SESV2Client":
    return _client("sesv2")  # type: ignore[return-value]


@cache
def connections(endpoint: str) -> "ConnectionsClient":
    from gatehouse.connections_client import ConnectionsClient

    session = _session()
    credentials = session.get_credentials()
    if credentials is None:
        raise Unavailable("there are no credentials")
    return ConnectionsClient(
        endpoint,
        credentials=credentials,
        region=session.get_config_variable("region"),
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        attempts=ATTEMPTS,
    )


@cache
def _session() -> "Session":
    # botocore rather than boto3: the same clients without the import of resources and transfers.
    # One for all: it keeps what it has read of the descriptions of AWS.
    from botocore.session import get_session

    return get_session()


def _client(service: str, **options: Any) -> "BaseClient":
    from botocore.config import Config

    # It tells at every start where it found its credentials.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=32,
        tcp_keepalive=True,
    )
    return _session().create_client(service, config=config, **options)


def call(operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls an operation of a client, and says in our words what went wrong.

    Raises:
        ConditionFailed, TransactionRefused: the write's own condition did not hold.
        ConnectionGone: the @connections command found no connection.
        Unavailable: anything else; the cause stays in ``__cause__`` for the log.
    """
    with translated():
        return operation(*args, **kwargs)


def send_batch(client: "SQSClient", queue_url: str, entries: "list[Any]") -> None:
    """Sends up to ten messages at once.

    Raises:
        Unavailable: some of them were not taken.
    """
    answer = call(client.send_message_batch, QueueUrl=queue_url, Entries=entries)
    if answer.get("Failed"):
        raise Unavailable(f"the queue took {len(answer['Successful'])} of {len(entries)} messages")


@contextmanager
def translated() -> Iterator[None]:
    """The translation of ``call``, for a block."""
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
            codes = [reason.get("Code") for reason in answer.get("CancellationReasons", [])]
            failed = frozenset(i for i, c in enumerate(codes) if c == "ConditionalCheckFailed")
            return TransactionRefused(failed) if failed else Unavailable()
        case "GoneException" | "410":
            return ConnectionGone()
    return Unavailable()
