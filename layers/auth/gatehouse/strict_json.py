"""JSON as strangers send it: one document, read strictly, whatever the door."""

import json
import math
from typing import Any, NoReturn

from gatehouse.errors import MalformedJson


def loads(text: str) -> Any:
    """The document in ``text``.

    Stricter than the standard library, following I-JSON (RFC 7493): no duplicate keys, no NaN or
    Infinity, no number that overflows, no lone surrogate; and no NUL, which nothing here stores.

    Raises:
        MalformedJson: with the reason.
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
        raise MalformedJson("It is nested too deeply.") from None
    except UnicodeEncodeError:
        raise MalformedJson("It has half of a surrogate pair.") from None
    except json.JSONDecodeError as error:
        # The decoder's own words hold a place, never the text around it.
        raise MalformedJson(f"{error}.") from None
    except ValueError:
        # An integer of more digits than Python reads.
        raise MalformedJson("A number is too large.") from None
    return document


def dumps(document: object) -> str:
    """The shortest spelling of a document."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson("A key stands twice in one object.")
    return members


def _constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not a JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise MalformedJson("A number is too large.")
    return number


def _check_escapes(document: object) -> None:
    """Looks for what only an escape can bring past the decoders: a surrogate or a NUL."""
    flat = json.dumps(document, ensure_ascii=False)
    flat.encode()
    if "\\u0000" in flat.replace("\\\\", ""):
        raise MalformedJson("It has a NUL character.")
