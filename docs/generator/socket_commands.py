"""docs/socket-commands.md: every command of the socket, with sample frames, replies and errors."""

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from docs.generator.openapi import load_app
from docs.generator.pages import GENERATED, attribute_docs
from docs.generator.socket_examples import PUSH_MEANINGS, PUSHES, REPLIES
from docs.generator.tables import table
from gatehouse import errors
from gatehouse.websocket.exchange import Handler

ROOT = Path(__file__).parents[2]

FLAGS = ("opens", "changes", "joins", "leaves", "delivers")

JSON_TYPES: dict[object, str] = {
    str: "string",
    int: "number",
    bool: "boolean",
    object: "any JSON",
}

_ABOUT = """\
The socket speaks the [Centrifuge client protocol](https://github.com/centrifugal/protocol) in JSON;
official clients send these commands for you. A frame is one or more JSON objects, one on each line.
A command has an `id`, which goes up by one on a connection, and the command's name with its
parameters. Its reply has the same `id`, and either the command's name with the result or `error`
with `code` and `message`; `temporary: true` says that the same command may succeed later.
Parameters that are not listed here are ignored.

[Realtime](realtime.md) says what is promised, [limits](limits.md#on-the-socket) how much and how
often, [errors](errors.md) what each code means.
"""

_FLAGS = """\
The functions behind the commands run side by side. These flags, declared in
[functions/realtime/app.py](../functions/realtime/app.py), say how a command is ordered among the
others of its connection.
"""

_PUSHES = """\
The server sends these without being asked, without an `id`. An empty object (`{}`) is a ping;
`connect` answered `pong: false`, so clients do not answer it.
"""


def socket_commands_page() -> str:
    """Returns the whole page."""
    commands = load_app("realtime").socket.commands
    parts = ["# Socket commands\n", GENERATED, _ABOUT]
    parts += [table("| command | what it does | flags |", map(_row, commands.items())), ""]
    parts += ["## Flags\n", _FLAGS, table("| flag | meaning |", _flags()), ""]
    for name, handler in commands.items():
        parts += _section(name, handler)
    parts += ["## Pushes\n", _PUSHES]
    for name, push in PUSHES.items():
        parts += [f"`{name}`: {PUSH_MEANINGS[name]}\n", _code({"push": push})]
    return "\n".join(parts)


def _row(command: tuple[str, Handler]) -> tuple[str, ...]:
    name, handler = command
    flags = ", ".join(f"`{flag}`" for flag in FLAGS if getattr(handler, flag))
    return f"[`{name}`](#{name})", _described(handler).partition("\n\n")[0], flags


def _flags() -> Iterator[tuple[str, str]]:
    meanings = attribute_docs(Handler)
    return ((f"`{flag}`", meanings[flag]) for flag in FLAGS)


def _section(name: str, handler: Handler) -> list[str]:
    parts = [f"## {name}\n", f"{_described(handler)}\n"]
    docs = attribute_docs(handler.input)
    rows = (_parameter(each, docs) for each in fields(handler.input))
    parts += [table("| parameter | type | default | meaning |", rows), ""]
    parts += [_code(_sample(name)), _code({"id": _sample(name)["id"], name: REPLIES[name]})]
    codes = list(_errors(handler))
    if codes:
        parts += [table("| on failure | reason |", codes), ""]
    return parts


def _described(handler: Handler) -> str:
    """Returns the docstring of the flow without its list of errors."""
    text = inspect.cleandoc(handler.flow.__doc__ or "").partition("\n\nRaises:")[0]
    return re.sub(r"``", "`", text)


def _parameter(field: "Field[Any]", docs: dict[str, str]) -> tuple[str, ...]:
    kind = JSON_TYPES[field.type]
    default = "required" if field.default is MISSING else f"`{json.dumps(field.default)}`"
    return f"`{field.name}`", kind, default, docs.get(field.name, "")


def _sample(name: str) -> Any:
    """Returns the command of a sample event."""
    path = ROOT / "events" / f"socket-{name.replace('_', '-')}.json"
    body = json.loads(path.read_text(encoding="utf-8"))["body"]
    return json.loads(body.partition("\n")[0])


def _code(content: Any) -> str:
    return f"```json\n{json.dumps(content)}\n```\n"


def _errors(handler: Handler) -> Iterator[tuple[str, str]]:
    """Yields the refusals that the flow's docstring lists, with what clients get of each."""
    doc = inspect.cleandoc(handler.flow.__doc__ or "").partition("Raises:")[2]
    entries = re.findall(r"^    (\w[\w, ]*): (.+(?:\n        .+)*)", doc, re.MULTILINE)
    for names, meaning in entries:
        for name in names.split(", "):
            refusal = getattr(errors, name, None)
            if refusal is not None:
                yield _answer(refusal), " ".join(meaning.split()).replace("``", "`")


def _answer(refusal: type[errors.Refusal]) -> str:
    if issubclass(refusal, errors.Disconnected):
        return f"closed with {refusal.close_code} `{refusal.code}`"
    return f"error {refusal.centrifuge_code} `{refusal.code}`"
