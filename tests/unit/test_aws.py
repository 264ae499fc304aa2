"""AWS clients, and the translation of their errors."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError, ReadTimeoutError

from gatehouse import aws, signed_http
from gatehouse.aws import ConditionFailed, ConnectionGone, TransactionRefused
from gatehouse.errors import Unavailable


def answering(code: str, **rest: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "private"}, **rest}
    return ClientError(answer, "PutItem")


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    return answering("TransactionCanceledException", CancellationReasons=reasons)


def failing(error: Exception) -> None:
    raise error


def test_answer_of_the_operation_comes_back() -> None:
    assert aws.call(lambda a, b: a + b, 1, b=2) == 3


def test_failed_condition_brings_the_item_that_it_met() -> None:
    with pytest.raises(ConditionFailed) as failed:
        aws.call(failing, answering("ConditionalCheckFailedException", Item={"n": {"N": "1"}}))
    assert failed.value.old == {"n": {"N": "1"}}


def test_failed_condition_may_bring_no_item() -> None:
    with pytest.raises(ConditionFailed) as failed:
        aws.call(failing, answering("ConditionalCheckFailedException"))
    assert failed.value.old is None


def test_refused_transaction_names_the_writes_that_failed() -> None:
    with pytest.raises(TransactionRefused) as refused:
        aws.call(failing, cancelled("None", "ConditionalCheckFailed", "TransactionConflict"))
    assert refused.value.failed == {1}


CONFLICTS = [
    cancelled("None", "TransactionConflict"),
    cancelled("TransactionConflict", "TransactionConflict"),
    cancelled("ThrottlingError", "TransactionConflict"),
    cancelled("ProvisionedThroughputExceeded"),
    answering("TransactionConflictException"),
    answering("TransactionInProgressException"),
]


class Contended:
    """An operation whose first calls fail. Records the requests."""

    def __init__(self, *errors: ClientError) -> None:
        self.errors = [*errors]
        self.requests: list[dict[str, Any]] = []

    def __call__(self, **request: Any) -> str:
        self.requests.append(request)
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    recorded: list[float] = []
    monkeypatch.setattr(aws, "pause", recorded.append)
    return recorded


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("conflict", CONFLICTS)
def test_write_that_meets_a_transaction_is_tried_again(
    conflict: ClientError, times: int, pauses: list[float]
) -> None:
    operation = Contended(*[conflict] * times)
    assert aws.call(operation, TableName="t") == "done"
    assert operation.requests == [{"TableName": "t"}] * (times + 1)
    assert len(pauses) == times


@pytest.mark.parametrize("conflict", CONFLICTS)
def test_write_that_meets_transactions_each_time_is_unavailable(
    conflict: ClientError, pauses: list[float]
) -> None:
    operation = Contended(*[conflict] * 99)
    with pytest.raises(Unavailable) as refused:
        aws.call(operation)
    assert refused.value.__cause__ is conflict
    assert len(operation.requests) == aws.CONFLICT_ATTEMPTS


@pytest.mark.parametrize(
    "final",
    [
        cancelled("TransactionConflict", "ConditionalCheckFailed"),
        cancelled("ConditionalCheckFailed", "TransactionConflict"),
        cancelled("TransactionConflict", "ValidationError"),
        cancelled("ItemCollectionSizeLimitExceeded"),
        cancelled("None"),
        cancelled(),
        answering("TransactionCanceledException"),
        answering("TransactionCanceledException", CancellationReasons=None),
    ],
)
def test_transaction_that_failed_for_good_is_not_tried_again(
    final: ClientError, pauses: list[float]
) -> None:
    operation = Contended(final)
    with pytest.raises((TransactionRefused, Unavailable)):
        aws.call(operation)
    assert (len(operation.requests), pauses) == (1, [])


def test_pauses_between_attempts_grow_and_differ(pauses: list[float]) -> None:
    for _ in range(50):
        aws.call(Contended(*[CONFLICTS[0]] * 3))
    for number, longest in enumerate((0.05, 0.1, 0.2)):
        mine = pauses[number::3]
        assert longest / 2 <= min(mine) < max(mine) <= longest


def test_slow_conflict_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    times = iter((0.0, aws.CONFLICT_PATIENCE))
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    with pytest.raises(Unavailable):
        aws.call(Contended(CONFLICTS[0]))
    assert pauses == []


@pytest.mark.parametrize("code", ["GoneException", "410"])
def test_closed_connection_is_gone(code: str) -> None:
    with pytest.raises(ConnectionGone):
        aws.call(failing, answering(code))


@pytest.mark.parametrize(
    "error",
    [
        answering("ThrottlingException"),
        answering("AccessDeniedException"),
        answering("InternalServerError"),
        ClientError({"Error": {}}, "PutItem"),
        ReadTimeoutError(endpoint_url="https://dynamodb.example"),
    ],
)
def test_any_other_failure_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable) as refused:
        aws.call(failing, error)
    assert refused.value.__cause__ is error


def test_public_words_hold_no_private_cause() -> None:
    with pytest.raises(Unavailable) as refused:
        aws.call(failing, answering("AccessDeniedException"))
    assert "private" not in str(refused.value)


def test_fault_of_our_own_is_not_called_one_of_aws() -> None:
    with pytest.raises(KeyError):
        aws.call(failing, KeyError("x"))


def test_mails_have_the_timeouts_of_this_service() -> None:
    client: Any = aws.ses()
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1.0, 3.0)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_all_attempts_of_one_call_end_before_a_function_does() -> None:
    longest = signed_http.CONNECT_TIMEOUT + signed_http.READ_TIMEOUT
    assert signed_http.ATTEMPTS * longest + aws.CONFLICT_PATIENCE < 15


@pytest.mark.parametrize("client", [aws.dynamodb, aws.sqs, aws.secrets_manager, aws.ses])
def test_client_is_made_once_for_a_process(client: Callable[[], object]) -> None:
    assert client() is client()


def test_each_endpoint_of_connections_has_one_client() -> None:
    one, two, again = (aws.connections(f"https://{name}.example/dev") for name in "aba")
    assert one is again
    assert one is not two


@pytest.mark.parametrize("service", ["dynamodb", "sqs", "secretsmanager"])
@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "ap-southeast-2", "cn-north-1"])
def test_service_is_where_botocore_finds_it(
    monkeypatch: pytest.MonkeyPatch, service: str, region: str
) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"):
        monkeypatch.delenv(name, raising=False)
    theirs = boto3.client(service, region_name=region)  # type: ignore[call-overload]
    assert aws.endpoint_of(service) == theirs.meta.endpoint_url


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("dynamodb", "AWS_ENDPOINT_URL"),
        ("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB"),
        ("secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER"),
    ],
)
def test_service_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, service: str, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:4566/")
    assert aws.endpoint_of(service) == "http://127.0.0.1:4566"


def test_without_a_region_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(Unavailable):
        aws.endpoint_of("dynamodb")


def test_keys_are_those_of_the_environment(fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv("AWS_ACCESS_KEY_ID", "id")
    fresh.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    fresh.setenv("AWS_SESSION_TOKEN", "token")
    keys = aws._credentials()()
    assert (keys.access_key, keys.secret_key, keys.token) == ("id", "secret", "token")


def test_snapshot_without_keys_asks_botocore_each_time(fresh: pytest.MonkeyPatch) -> None:
    fresh.delenv("AWS_ACCESS_KEY_ID", raising=False)
    credentials = RefreshableCredentials.create_from_metadata(
        {
            "access_key": "id",
            "secret_key": "s",
            "token": "t",
            "expiry_time": "2999-01-01T00:00:00Z",
        },
        refresh_using=dict,
        method="container-role",
    )
    fresh.setattr(aws._session(), "get_credentials", lambda: credentials)
    assert aws._credentials()() == ("id", "s", "t", None)
    assert aws._credentials() == credentials.get_frozen_credentials


def test_without_credentials_nothing_is_sent(fresh: pytest.MonkeyPatch) -> None:
    fresh.delenv("AWS_ACCESS_KEY_ID", raising=False)
    fresh.setattr(aws._session(), "get_credentials", lambda: None)
    with pytest.raises(Unavailable):
        aws._credentials()


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Resets the process to one that has not looked for credentials yet."""
    aws._credentials.cache_clear()
    yield monkeypatch
    aws._credentials.cache_clear()
