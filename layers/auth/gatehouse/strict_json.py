"""JSON from clients: one document, parsed strictly, over HTTP and on the socket."""

import json
import math
from typing import Any, NoReturn

from gatehouse.errors import MalformedJson


def loads(text: str) -> Any:
    """Returns the document in ``text``.

    Stricter than the standard library, following I-JSON (RFC 7493): no duplicate keys, no NaN or
    Infinity, no number that overflows and no lone surrogate. NUL is refused too, because nothing
    here stores it.

    Raises:
        MalformedJson: the text is not such a document. ``detail`` gives the reason.
    """
    try:
        text.encode()
        document = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_finite,
        )
        if "\\" in text:
            _check_escapes(document)
    except MalformedJson:
        raise
    except RecursionError:
        raise MalformedJson("The document is nested too deeply.") from None
    except UnicodeEncodeError:
        raise MalformedJson("A string has half of a surrogate pair.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson(f"The document is not JSON at {place}.") from None
    except ValueError:
        # An integer has more digits than Python converts.
        raise MalformedJson("A number is too large.") from None
    return document


def dumps(document: object) -> str:
    """Returns the most compact encoding of a document."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson("An object has the same key twice.")
    return members


def _constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not a JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise MalformedJson("A number is too large.")
    return number


def _check_escapes(document: object) -> None:
    """Refuses surrogates and NUL characters, which pass the decoders only as escapes."""
    flat = json.dumps(document, ensure_ascii=False)
    flat.encode()
    if "\\u0000" in flat.replace("\\\\", ""):
        raise MalformedJson("A string has a NUL character.")
