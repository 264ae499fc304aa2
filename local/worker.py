"""Runs one Lambda function in an interpreter that sees only the function and its layers.

The engine starts this file as a script and sends lines of JSON to its stdin. The first line
describes the function and is answered when the handler is imported. Each further line is one
invocation. Replies are lines of JSON on stdout.

The function's output goes to stderr, where END_OF_LOG ends each invocation. Its log goes there too,
in the JSON format of Lambda's own runtime.
"""

import importlib
import json
import logging
import os
import signal
import site
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any, TextIO

END_OF_LOG = "\x1eend"

_KEPT = {"PATH", "TMPDIR", "LAMBDA_TASK_ROOT", "_X_AMZN_TRACE_ID"}
_DROPPED = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}
# The attributes of every record. A function adds others with `extra`.
_RECORD = set(vars(logging.makeLogRecord({})))
_LEVELS = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}


class JsonLines(logging.Formatter):
    """Formats log records as Lambda does when `LogFormat` is `JSON`."""

    converter = time.gmtime  # type: ignore[assignment]  # as in the library's manual
    request_id = ""

    def __init__(self) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        """Returns one line. As on AWS, an error has its own traceback but not that of its cause."""
        line = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **_error_fields(record),
            "requestId": self.request_id or None,
        }
        line |= {k: v for k, v in vars(record).items() if k not in _RECORD and k not in line}
        present = {name: value for name, value in line.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, default=str)


def _error_fields(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__,
        "errorMessage": str(error),
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
    }


def main() -> None:
    """Imports the handler, then answers one invocation after another until stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group
    replies, sys.stdout = sys.stdout, sys.stderr
    particulars = json.loads(sys.stdin.readline())
    layers = [d for d in os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep) if d]
    _become_lambda(particulars)
    lines = _set_up_logging(os.environ.get("AWS_LAMBDA_LOG_LEVEL", ""))
    try:
        handler = _import_handler(particulars, layers)
    except BaseException as error:
        _print_trace(error)
        _reply(replies, {"status": "error", "error": f"{type(error).__name__}: {error}"})
        return
    _reply(replies, {"status": "ready", "cold": True})
    for line in sys.stdin:
        message = json.loads(line)
        lines.request_id = (message.get("ctx") or {}).get("request_id", "")
        answer = _invoke(handler, message, particulars)
        # The marker goes first, so that the engine knows after a reply how far to read the log.
        print(END_OF_LOG, file=sys.stderr, flush=True)
        _reply(replies, answer)


def _become_lambda(particulars: dict[str, Any]) -> None:
    """Reduces the environment to the variables that Lambda and the template set."""
    variables: dict[str, str] = particulars.get("env", {})
    for name in set(os.environ) - _KEPT - set(variables):
        if name in _DROPPED or not name.startswith(("AWS_", "_LAMBDA")):
            del os.environ[name]
    os.environ.update(variables)
    name = particulars["function_name"]
    os.environ.update(
        AWS_EXECUTION_ENV="AWS_Lambda_python3.13",
        AWS_LAMBDA_INITIALIZATION_TYPE="on-demand",
        AWS_LAMBDA_LOG_GROUP_NAME=f"/aws/lambda/{name}",
        LANG="en_US.UTF-8",
        TZ=":UTC",
        _HANDLER=f"{particulars['module']}.{particulars['handler']}",
    )
    time.tzset()


def _set_up_logging(level: str) -> JsonLines:
    """Sets up the root logger as Lambda's runtime does. Returns its formatter."""
    lines = JsonLines()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(lines)
    root = logging.getLogger()
    root.addHandler(handler)
    # Without a configured level, Lambda leaves the default of the standard library.
    root.setLevel(_LEVELS.get(level.upper(), level.upper()) or logging.WARNING)
    return lines


def _import_handler(particulars: dict[str, Any], layers: list[str]) -> Any:
    for layer in layers:
        site.addsitedir(f"{layer}/python")
    # Replaces the directory of this script, which is not part of the function.
    sys.path[0] = particulars["code_dir"]
    return getattr(importlib.import_module(particulars["module"]), particulars["handler"])


def _invoke(handler: Any, message: dict[str, Any], particulars: dict[str, Any]) -> dict[str, Any]:
    event = _as_on_aws(message["event"])
    try:
        result = handler(event, _context(message.get("ctx") or {}, particulars))
        return {"status": "ok", "result": json.loads(json.dumps(result))}
    except BaseException as error:
        _print_trace(error)
        return {"status": "error", "error": f"{type(error).__name__}: {error}"}


def _print_trace(error: BaseException) -> None:
    """Prints the traceback of the function's own code, without the machinery that called it."""
    trace = error.__traceback__
    while trace and _is_machinery(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def _is_machinery(filename: str) -> bool:
    return filename in (__file__, importlib.__file__) or filename.startswith("<frozen importlib")


def _as_on_aws(event: Any) -> Any:
    """Moves cookies to where an HTTP API puts them. The engine leaves them in the headers."""
    if isinstance(event, dict) and event.get("version") == "2.0" and "headers" in event:
        cookie = event["headers"].pop("cookie", None)
        if cookie:
            event["cookies"] = [part.strip() for part in cookie.split(";")]
    return event


def _context(invocation: dict[str, Any], particulars: dict[str, Any]) -> SimpleNamespace:
    deadline = time.monotonic() + float(os.environ.get("_LAMBDA_TIMEOUT", "3"))
    return SimpleNamespace(
        function_name=particulars["function_name"],
        function_version=os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        memory_limit_in_mb=particulars["memory"],
        invoked_function_arn=invocation.get("invoked_function_arn") or particulars["arn"],
        aws_request_id=invocation.get("request_id", ""),
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
        identity=None,
        client_context=None,
        get_remaining_time_in_millis=lambda: max(0, int((deadline - time.monotonic()) * 1000)),
    )


def _reply(replies: TextIO, answer: dict[str, Any]) -> None:
    print(json.dumps(answer), file=replies, flush=True)


if __name__ == "__main__":
    main()
