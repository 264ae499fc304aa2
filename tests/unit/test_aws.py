"""What AWS answers, in our words."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from gatehouse import aws
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


def test_transaction_that_met_another_may_be_tried_again() -> None:
    with pytest.raises(Unavailable):
        aws.call(failing, cancelled("None", "TransactionConflict"))


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


def test_clients_have_the_timeouts_of_this_service() -> None:
    config: Any = aws.dynamodb().meta.config
    assert (config.connect_timeout, config.read_timeout) == (1.0, 3.0)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_all_attempts_of_one_call_end_before_a_function_does() -> None:
    assert aws.ATTEMPTS * (aws.CONNECT_TIMEOUT + aws.READ_TIMEOUT) < 15


def test_client_is_made_once_for_a_process() -> None:
    assert aws.dynamodb() is aws.dynamodb()


def test_each_endpoint_of_connections_has_one_client() -> None:
    one, two, again = (aws.connections(f"https://{name}.example/dev") for name in "aba")
    assert one is again
    assert one is not two


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws._session(), "get_credentials", lambda: None)
    with pytest.raises(Unavailable):
        aws.connections("https://c.example/dev")
