"""Every field of every input gets all kinds of junk: refusals are in our words, not a library's."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic_core._pydantic_core import list_all_errors

from docs.generator.openapi import apis
from gatehouse.errors import InvalidInput, MalformedForm, MalformedJson
from gatehouse.flows.sign_in.log_in import LogIn
from gatehouse.http import bodies
from gatehouse.http.api import Route
from harness.events import http_raw
from tests.security.test_fuzzing import NAUGHTY
from tests.support.requests import FORM
from tests.support.texts import (
    AMBIGUOUS_ADDRESSES,
    BROKEN_ADDRESSES,
    HOSTILE_NAMES,
    NO_CODES,
    PASTED_ADDRESSES,
)

ROUTES = [route for api in apis().values() for route in api.routes if route.body]
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**30, [], {}, [None], {"x": "y"}, [["x"]], {"$ne": ""}),
    *(text for text in NAUGHTY if "\x00" not in text),
    *(text for text in HOSTILE_NAMES.values() if "\x00" not in text and "\ud800" not in text),
    *AMBIGUOUS_ADDRESSES,
    *BROKEN_ADDRESSES,
    *PASTED_ADDRESSES,
    *NO_CODES,
]

OURS = re.compile(
    "|".join(
        [
            "is required",
            "is empty",
            re.escape("is empty: send the refresh token, or omit it if the cookie carries it"),
            "is not a field of this request",
            "is not complete, or has characters that do not belong to it",
            r"must be (a string|a JSON object|'\w+'( or '\w+')*)",
            "must have (exactly six digits|either token, or email and code)",
            r"has (more|fewer) than \d+ characters",
            *map(re.escape, {*BROKEN_ADDRESSES.values(), *AMBIGUOUS_ADDRESSES.values()}),
            "contains a (line break or another control character)",
            "contains a character that (cannot be shown|changes the direction of text)",
            "contains too many marks on one letter",
            "begins with a mark that belongs on a letter",
            "has no visible character",
        ]
    )
)
"""The catalog of what can be wrong with a field."""

LIBRARIES = [
    re.compile("".join(".{0,80}" if part.startswith("{") else re.escape(part) for part in parts))
    for error in list_all_errors()
    if error["type"] not in ("value_error", "assertion_error", "custom_error")
    for parts in [re.split(r"({[^}]*})", error["message_template_python"])]
    if re.search(r"\w{3}", "".join(each for each in parts if not each.startswith("{")))
]
"""Every sentence that pydantic has."""


def problems(route: Route, document: object) -> Iterator[str]:
    """Yields what the route says about each field of a body."""
    model = route.input_model()
    assert model
    try:
        bodies.read_json(http_raw("post-login", json.dumps(document)), model)
    except InvalidInput as refusal:
        yield from (problem.detail for problem in refusal.problems)
    except MalformedJson as refusal:
        raise AssertionError(document) from refusal


def documents(route: Route) -> Iterator[object]:
    model = route.input_model()
    assert model
    yield from ([], "x", 1, None, {}, {"unknown": 1}, {"": 1}, {"__proto__": {}})
    for name in model.model_fields:
        for junk in JUNK:
            yield {name: junk}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_refusal_of_a_field_is_in_our_words(route: Route) -> None:
    said = {detail for document in documents(route) for detail in problems(route, document)}
    assert said
    assert not {detail for detail in said if not OURS.fullmatch(detail)}
    assert not {detail for detail in said if any(each.fullmatch(detail) for each in LIBRARIES)}


def test_sentences_of_the_library_are_known() -> None:
    assert any(each.fullmatch("Extra inputs are not permitted") for each in LIBRARIES)
    assert any(each.fullmatch("String should match pattern '^x$'") for each in LIBRARIES)


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}{}", '{"a"}', '{"a":1,}', "[1 2]", '"a', '"\\x"', '"a\nb"', "nul", "\ufeff{}"],
)
def test_what_is_said_of_malformed_json_is_in_our_words(text: str) -> None:
    with pytest.raises(MalformedJson) as refusal:
        bodies.read_json(http_raw("post-login", text), LogIn)
    assert re.fullmatch(r"The document is not JSON at line \d+, column \d+\.", refusal.value.detail)


@pytest.mark.parametrize("text", ["a=%ff", "a=1&a=2", "&".join(["a=1"] * 60)])
def test_what_is_said_of_a_malformed_form_is_in_our_words(text: str) -> None:
    route = next(each for each in ROUTES if each.form)
    model = route.input_model()
    assert model
    event = http_raw("post-token", text)
    event["headers"].update(FORM)
    with pytest.raises(MalformedForm) as refusal:
        bodies.read_form(event, model)
    assert refusal.value.detail == ""
