"""Function logs for human eyes: time, function, level, message, and the fields that differ."""

import json
import time
from typing import Any

from local.terminal import paint, say

_COLOURS = {"DEBUG": "dim", "INFO": "green", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
# Powertools writes these on every line; in a terminal they say nothing new.
_EVERYWHERE = {
    "level", "message", "timestamp", "location", "service", "sampling_rate", "exception",
    "exception_name", "stack_trace", "cold_start", "function_name", "function_memory_size",
    "function_arn", "function_request_id", "xray_trace_id", "hostname",
}  # fmt: skip


def show(function: str, line: str) -> None:
    """Print one line a function has written."""
    if not line.strip():
        return
    record = _parsed(line)
    if record is None:
        _print(function, "", line)
    elif "_aws" not in record:  # metrics in the embedded format are for CloudWatch
        _show_record(function, record)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line) if line.startswith("{") else None
    except ValueError:
        return None
    return (
        record if isinstance(record, dict) and ("message" in record or "_aws" in record) else None
    )


def _show_record(function: str, record: dict[str, Any]) -> None:
    extra = " ".join(
        f"{paint(name + '=', 'dim')}{value if isinstance(value, str) else json.dumps(value)}"
        for name, value in record.items()
        if name not in _EVERYWHERE
    )
    message = record.get("message", "")
    text = message if isinstance(message, str) else json.dumps(message)
    _print(function, str(record.get("level", "")), f"{text}  {extra}".rstrip())
    for line in str(record.get("exception") or "").splitlines():
        say(paint(f"         | {line}", "dim"))


def _print(function: str, level: str, text: str) -> None:
    now = paint(time.strftime("%H:%M:%S"), "dim")
    shown_level = paint(f"{level:<8}", _COLOURS.get(level, "dim"))
    say(f"{now} {paint(f'{function:<10}', 'cyan')} {shown_level} {text}")
