"""The shape of a JSON value: the names of its fields, and the formats of its texts."""

import re
from typing import Any

_FORMATS = {
    "signed JWT (RS256)": r"eyJ[\w-]+\.[\w-]{100,}\.[\w-]{342}",
    "signed JWT (HS256)": r"eyJ[\w-]+\.[\w-]{20,}\.[\w-]{43}",
    "refresh token": r"r\d+\.[0-9a-f]{32}\.[0-9a-f]{32}\.\d+\.[\w-]{43}",
    "event ID": r"\d{12}-[0-9a-f]{12}",
    "UUID": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "personal channel": r"user:[0-9a-f]{32}",
    "32 hexadecimal digits": r"[0-9a-f]{32}",
    "16 hexadecimal digits": r"[0-9a-f]{16}",
    "8 hexadecimal digits": r"[0-9a-f]{8}",
    "RFC 3339 time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "32 bytes as base64url": r"[\w-]{43}",
    "256 bytes as base64url": r"[\w-]{342}",
    "http address": r"https?://\S+",
    "socket address": r"wss?://\S+",
    "email address": r"[^@\s]+@[^@\s]+",
}


def format_of(text: str) -> str:
    """Returns the name of the first format that a text has, or "text"."""
    matching = (name for name, form in _FORMATS.items() if re.fullmatch(form, text))
    return next(matching, "text")


def shape_of(value: Any) -> Any:
    """Returns the shape of a JSON value. Fields of an object are named by themselves if they are
    words, and by their format if they are IDs; a list has the shapes of its entries, each once."""
    match value:
        case dict():
            return {_field(name): shape_of(each) for name, each in value.items()}
        case list():
            shapes = [shape_of(each) for each in value]
            return [each for n, each in enumerate(shapes) if each not in shapes[:n]]
        case str():
            return format_of(value)
        case _:
            return type(value).__name__


def _field(name: str) -> str:
    form = format_of(name)
    return name if form == "text" else form
