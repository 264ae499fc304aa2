"""The log lines of local/worker.py are those of Lambda's runtime."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local.worker import JsonLines, _set_up_logging


def line_of(**fields: Any) -> dict[str, Any]:
    record = logging.makeLogRecord({"name": "gatehouse.test", "levelname": "INFO", **fields})
    lines = JsonLines()
    lines.request_id = "request-1"
    line: dict[str, Any] = json.loads(lines.format(record))
    return line


def failing_record() -> logging.LogRecord:
    try:
        raise LookupError("nothing there") from ValueError("the cause")
    except LookupError:
        return logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, given back as it was."""
    logger = logging.getLogger()
    level, handlers = logger.level, logger.handlers[:]
    yield logger
    logger.setLevel(level)
    logger.handlers[:] = handlers


def test_a_line_has_what_lambda_writes() -> None:
    line = line_of(msg="hello %s", args=("you",), created=1_800_000_000.0)

    assert line == {
        "timestamp": "2027-01-15T08:00:00Z",
        "level": "INFO",
        "message": "hello you",
        "logger": "gatehouse.test",
        "requestId": "request-1",
    }


def test_extra_fields_stand_beside_the_message() -> None:
    assert line_of(msg="m", user_id="u1")["user_id"] == "u1"


def test_extra_fields_replace_no_others() -> None:
    assert line_of(msg="m", level="forged")["level"] == "INFO"


def test_what_json_does_not_know_is_written_as_text() -> None:
    assert line_of(msg="m", channels={"a"})["channels"] == "{'a'}"


def test_a_line_outside_of_an_invocation_has_no_request_id() -> None:
    assert "requestId" not in json.loads(JsonLines().format(logging.makeLogRecord({"msg": "m"})))


def test_an_error_is_told_in_fields() -> None:
    line = json.loads(JsonLines().format(failing_record()))

    assert (line["errorType"], line["errorMessage"]) == ("LookupError", "nothing there")


def test_the_trace_of_a_cause_is_left_out_as_on_aws() -> None:
    line = json.loads(JsonLines().format(failing_record()))

    assert "ValueError: the cause" not in json.dumps(line)


def test_a_record_is_one_line() -> None:
    assert "\n" not in JsonLines().format(failing_record())


@pytest.mark.parametrize(
    ("level_name", "level"),
    [
        ("DEBUG", logging.DEBUG),
        ("WARN", logging.WARNING),
        ("FATAL", logging.CRITICAL),
        ("TRACE", logging.DEBUG),
        ("", logging.WARNING),
    ],
)
def test_the_level_is_that_of_the_template(
    root: logging.Logger, level_name: str, level: int
) -> None:
    _set_up_logging(level_name)

    assert root.level == level


def test_records_go_to_stderr_as_json(
    root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    _set_up_logging("INFO")

    logging.getLogger("gatehouse.test").info("hello", extra={"count": 2})

    assert json.loads(capsys.readouterr().err)["count"] == 2
