"""Read the bodies of requests strictly, before anything else is done with them."""

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
from gatehouse.headers import header

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)

MAX_BODY = 64 * 1024
"""Bytes. Every legitimate body is small, so a large one is an attack or a mistake."""

_EXPLANATIONS = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "model_type": "must be a JSON object",
    "string_type": "must be a string",
    "string_pattern_mismatch": "is not complete, or has characters that do not belong to it",
    "string_too_short": "is empty",
    "string_too_long": "has more than {max_length} characters",
    "literal_error": "must be {expected}",
}
"""What is wrong with a field, in our words, by pydantic's type of the error. Our own rules bring
their explanations with them."""

MAX_PROBLEMS = 20
MAX_POINTER = 200
"""Characters of a JSON Pointer. Together with ``MAX_PROBLEMS``, limits how much of a wrong body a
refusal sends back."""


def read_json(event: dict[str, Any], model: "type[Model]") -> "Model":
    """Returns the JSON body as the input of a flow.

    Raises:
        BodyTooLarge, UnsupportedMediaType, MalformedJson: the body cannot be read.
        InvalidInput: the body breaks the rules of its fields. The refusal says where, but does not
            repeat the values.
    """
    text = _text(event)
    if _media_type(event) != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")
    return _validated(strict_json.loads(text), model)


def read_form(event: dict[str, Any], model: "type[Model]") -> "Model":
    """Returns the form in the body as the input of a flow (RFC 6749 appendix B).

    Ignores fields that the model does not have, and treats fields without a value as omitted, as
    RFC 6749 section 3.2 requires.

    Raises:
        BodyTooLarge, UnsupportedMediaType, MalformedForm: the body cannot be read.
        InvalidInput: the body breaks the rules of its fields.
    """
    text = _text(event)
    if _media_type(event) != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("Send the body as application/x-www-form-urlencoded.")
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
        raise BodyTooLarge(f"The body must not exceed {MAX_BODY} bytes.")
    try:
        data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        if len(data) > MAX_BODY:
            raise BodyTooLarge(f"The body must not exceed {MAX_BODY} bytes.")
        return data.decode()
    except (UnicodeError, binascii.Error):
        raise MalformedJson("The body is not UTF-8.") from None


def _media_type(event: dict[str, Any]) -> str:
    value = header(event, "content-type") or ""
    return value.partition(";")[0].strip().lower()


def _validated(document: object, model: "type[Model]") -> "Model":
    from pydantic import ValidationError

    try:
        return model.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
    raise InvalidInput(problems=tuple(Problem(_pointer(e["loc"]), _sentence(e)) for e in faults))


def _pointer(place: tuple[int | str, ...]) -> str:
    """Returns a JSON Pointer (RFC 6901), truncated because the sender chooses the keys."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return "".join(f"/{part}" for part in parts)[:MAX_POINTER]


def _sentence(error: Any) -> str:
    context = error.get("ctx", {})
    if isinstance(context.get("error"), ValueError):
        return str(context["error"])
    return _EXPLANATIONS.get(error["type"], "is not valid").format_map(context)
