"""Shows function logs in a readable form: time, function, level, message and extra fields."""

import json
import time
from typing import Any

from local.terminal import paint, say

_COLOURS = {"DEBUG": "dim", "INFO": "green", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
# Lambda's runtime writes these on every line, so they are not extra fields.
_EVERYWHERE = {"timestamp", "level", "message", "logger", "requestId"}
_OF_AN_ERROR = {"stackTrace", "errorType", "errorMessage", "location"}


def show(function: str, line: str) -> None:
    """Prints one line that a function has written."""
    if not line.strip():
        return
    record = _parsed(line)
    if record is None:
        _print(function, "", line)
    else:
        _show_record(function, record)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return None
    return record if isinstance(record, dict) and "message" in record else None


def _show_record(function: str, record: dict[str, Any]) -> None:
    extra = " ".join(
        f"{paint(name + '=', 'dim')}{_text(value)}"
        for name, value in record.items()
        if name not in _EVERYWHERE | _OF_AN_ERROR
    )
    text = f"{_text(record['message'])}  {extra}".rstrip()
    _print(function, str(record.get("level", "")), text)
    for line in _trace(record):
        say(paint(f"         | {line}", "dim"))


def _trace(record: dict[str, Any]) -> list[str]:
    """Returns the lines of an error as Python prints them, with its type and message last."""
    if "errorType" not in record:
        return []
    frames = "".join(record.get("stackTrace", ())).splitlines()
    message = record.get("errorMessage")
    return [*frames, record["errorType"] + (f": {message}" if message else "")]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _print(function: str, level: str, text: str) -> None:
    now = paint(time.strftime("%H:%M:%S"), "dim")
    shown_level = paint(f"{level:<8}", _COLOURS.get(level, "dim"))
    say(f"{now} {paint(f'{function:<10}', 'cyan')} {shown_level} {text}")
