"""The bodies of requests: read strictly, before anything else is done with them."""

import base64
import binascii
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from gatehouse import strict_json
from gatehouse.errors import (
    BodyTooLarge,
    InvalidInput,
    MalformedForm,
    MalformedJson,
    Problem,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)

MAX_BODY = 64 * 1024
"""Bytes. Everything here is small; what is large is an attack or a mistake."""

MAX_PROBLEMS = 20
MAX_POINTER = 200
"""How much of a wrong body is told back to its sender."""


def read_json(event: dict[str, Any], model: "type[Model]") -> "Model":
    """The body as the input of a flow.

    Raises:
        BodyTooLarge, UnsupportedMediaType, MalformedJson: it is not read at all.
        InvalidInput: it breaks the rules of its fields; the refusal says where, not what was there.
    """
    text = _text(event)
    if _media_type(event) != "application/json":
        raise UnsupportedMediaType("Send it as application/json.")
    return _validated(strict_json.loads(text), model)


def read_form(event: dict[str, Any], model: "type[Model]") -> "Model":
    """A form as the input of a flow (RFC 6749 appendix B). Fields that the model lacks are ignored,
    and those without a value taken for left out, as RFC 6749 section 3.2 asks.

    Raises:
        BodyTooLarge, UnsupportedMediaType, MalformedForm: it is not read at all.
        InvalidInput: it breaks the rules of its fields.
    """
    text = _text(event)
    if _media_type(event) != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("Send it as application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise MalformedForm from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or "\x00" in "".join(map("".join, pairs)):
        raise MalformedForm
    return _validated(
        {name: fields[name] for name in model.model_fields if fields.get(name)}, model
    )


def _text(event: dict[str, Any]) -> str:
    body = event.get("body") or ""
    if len(body) > 2 * MAX_BODY:
        raise BodyTooLarge(f"At most {MAX_BODY} bytes are read.")
    try:
        data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        if len(data) > MAX_BODY:
            raise BodyTooLarge(f"At most {MAX_BODY} bytes are read.")
        return data.decode()
    except (UnicodeError, binascii.Error):
        raise MalformedJson("It is not UTF-8.") from None


def _media_type(event: dict[str, Any]) -> str:
    value: str = event["headers"].get("content-type", "")
    return value.partition(";")[0].strip().lower()


def _validated(document: object, model: "type[Model]") -> "Model":
    from pydantic import ValidationError

    try:
        return model.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
    raise InvalidInput(problems=tuple(Problem(_pointer(e["loc"]), _sentence(e)) for e in faults))


def _pointer(place: tuple[int | str, ...]) -> str:
    """A JSON Pointer (RFC 6901), cut where a sender's own key would make it long."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return "".join(f"/{part}" for part in parts)[:MAX_POINTER]


def _sentence(error: Any) -> str:
    cause = error.get("ctx", {}).get("error")
    return str(cause) if isinstance(cause, ValueError) else str(error["msg"])
