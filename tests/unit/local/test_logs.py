"""Lines of functions as the terminal shows them."""

import json
from typing import Any

import pytest

from local import logs


@pytest.fixture(autouse=True)
def _same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.strftime", lambda _: "08:00:00")


def shown(capsys: pytest.CaptureFixture[str], line: str | dict[str, Any]) -> list[str]:
    logs.show("login", line if isinstance(line, str) else json.dumps(line))
    return capsys.readouterr().out.splitlines()


def test_a_record_is_one_readable_line(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"timestamp": "t", "level": "INFO", "message": "hello", "logger": "l"}

    assert shown(capsys, record) == ["08:00:00 login      INFO     hello"]


def test_extra_fields_follow_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"level": "INFO", "message": "sent", "count": 2, "user": "u1"}

    assert shown(capsys, record)[0].endswith("sent  count=2 user=u1")


def test_an_error_shows_its_trace_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    frames = ['  File "app.py", line 1, in f\n    g()\n']
    error = {"errorType": "KeyError", "errorMessage": "'x'", "stackTrace": frames}

    assert [
        line.split("| ", 1)[1] for line in shown(capsys, {"message": "failed", **error})[1:]
    ] == ['  File "app.py", line 1, in f', "    g()", "KeyError: 'x'"]


def test_an_error_without_a_message_shows_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"message": "failed", "errorType": "Unavailable", "errorMessage": ""}

    assert shown(capsys, record)[-1].endswith("| Unavailable")


@pytest.mark.parametrize("line", ["plain text", '{"no": "message here"}', "{broken", "[1]"])
def test_any_other_line_is_shown_as_it_is(capsys: pytest.CaptureFixture[str], line: str) -> None:
    assert shown(capsys, line)[0].endswith(line)


def test_empty_lines_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "  ") == []
