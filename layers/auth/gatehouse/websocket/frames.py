"""Frames of the Centrifuge client protocol (JSON): decodes commands and encodes replies.

A frame is one or more JSON objects, one per line. No I/O, and no knowledge of what commands do.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from gatehouse import strict_json
from gatehouse.errors import BadFrame, LimitExceeded, MalformedJson, Refusal
from gatehouse.realtime.pushes import MAX_FRAME

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Model = TypeVar("Model", bound=DataclassInstance)

MAX_MESSAGE = 128 * 1024
"""Bytes of the largest message that the WebSocket API sends to a client."""

MAX_DEPTH = 64
"""Levels of nested arrays and objects in a command. Every subscriber parses the publications of a
channel, and its parser may accept fewer levels than the one here."""

MAX_ID = 2**32 - 1

NO_REPLY = "send"
"""The command without an ID, which gets no reply."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a client. ``id`` is 0 if the client expects no reply."""

    id: int
    method: str
    params: Mapping[str, Any]


def decode(text: str) -> tuple[Command, ...]:
    """Returns the commands of a frame in order. Skips pongs (``{}``) and blank lines.

    Raises:
        BadFrame: the client does not speak the protocol.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_FRAME:
        raise BadFrame(f"a frame must not exceed {MAX_FRAME} bytes")
    documents = (_document(line) for line in text.split("\n") if line.strip())
    commands = tuple(_command(document) for document in documents if document)
    ids = [command.id for command in commands if command.id]
    if ids and ids != list(range(ids[0], ids[0] + len(ids))):
        raise BadFrame("command IDs must increase by one")
    return commands


def read(model: "type[Model]", params: Mapping[str, Any]) -> "Model":
    """Returns the parameters of a command as an instance of the flow's input dataclass.

    Ignores unknown parameters, since the protocol grows. Null counts as absent, except in a field
    of type ``object``, which accepts any JSON.

    Raises:
        BadFrame: a parameter has the wrong type, or a required one is missing or empty.
    """
    values = {f.name: _value(f, params[f.name]) for f in fields(model) if _is_present(f, params)}
    for f in fields(model):
        if f.name not in values and f.default is MISSING:
            raise BadFrame(f"{f.name} is missing")
    return model(**values)


def reply(command: Command, outcome: object) -> str:
    """Returns the reply to a command: the fields of the flow's outcome that are not None.

    A reply that exceeds ``MAX_MESSAGE`` becomes a ``LimitExceeded`` error.
    """
    plain: dict[str, Any] = {}
    if is_dataclass(outcome) and not isinstance(outcome, type):
        plain = asdict(outcome, dict_factory=_without_none)
    line = strict_json.dumps({"id": command.id, command.method: plain})
    return line if len(line.encode()) <= MAX_MESSAGE else error(command, LimitExceeded())


def error(command: Command, refusal: Refusal) -> str:
    """Returns the reply to a refused command. It holds no private cause."""
    detail = refusal.detail if refusal.status < 500 else ""
    fault: dict[str, Any] = {
        "code": refusal.centrifuge_code,
        "message": detail or refusal.title,
    }
    if refusal.temporary:
        fault["temporary"] = True
    return strict_json.dumps({"id": command.id, "error": fault})


def _without_none(fields_of_one: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in fields_of_one if value is not None}


def _document(line: str) -> dict[str, Any]:
    try:
        document = strict_json.loads(line)
    except MalformedJson as fault:
        raise BadFrame(fault.detail) from None
    if not isinstance(document, dict):
        raise BadFrame("a command must be a JSON object")
    if line.count("{") + line.count("[") > MAX_DEPTH and _is_deep(document):
        raise BadFrame(f"a command must not nest deeper than {MAX_DEPTH} levels")
    return document


def _is_deep(document: dict[str, Any]) -> bool:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        inner = [v.values() if isinstance(v, dict) else v for v in level]
        level = [each for values in inner for each in values if isinstance(each, (dict, list))]
    return bool(level)


def _command(document: dict[str, Any]) -> Command:
    number = document.get("id", 0)
    asked = {name: value for name, value in document.items() if name != "id" and value is not None}
    if len(asked) != 1:
        raise BadFrame("a command must have exactly one method")
    ((method, params),) = asked.items()
    if type(number) is not int or not 0 <= number <= MAX_ID:
        raise BadFrame("a command ID must be an unsigned 32-bit integer")
    if number == 0 and method != NO_REPLY:
        raise BadFrame("a command that expects a reply must have an ID")
    if not isinstance(params, dict):
        raise BadFrame("the parameters of a command must be a JSON object")
    return Command(number, method, params)


def _is_present(field: "Field[Any]", params: Mapping[str, Any]) -> bool:
    if field.type is object:
        return field.name in params
    # The protocol omits zero values, so an empty string counts as missing in a required field.
    return params.get(field.name) not in ((None, "") if field.default is MISSING else (None,))


def _value(field: "Field[Any]", value: object) -> object:
    # Not isinstance: a bool is an int in Python, but not in JSON.
    if field.type is object or type(value) is field.type:
        return value
    raise BadFrame(f"{field.name} has the wrong type")
