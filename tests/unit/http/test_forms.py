"""Read forms, as the standard token endpoints require."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.errors import (
    BodyTooLarge,
    InvalidInput,
    MalformedForm,
    MalformedJson,
    UnsupportedMediaType,
)
from gatehouse.flows.accounts.inputs import Input
from gatehouse.http.bodies import MAX_BODY, read_form
from harness.events import http_raw


class Form(Input):
    grant_type: str
    client_id: str | None = None


def read(body: str | bytes | None) -> Form:
    return read_form(http_raw("post-token", body), Form)


@pytest.mark.parametrize("body", ["grant_type=a%20b%C3%A9", b"grant_type=a+b%c3%a9"])
def test_form_is_decoded(body: str | bytes) -> None:
    assert read(body).grant_type == "a bé"


def test_unknown_fields_are_ignored() -> None:
    assert read("grant_type=x&scope=openid&scope2=").grant_type == "x"


def test_field_without_a_value_is_taken_for_left_out() -> None:
    assert read("grant_type=x&client_id=").client_id is None


@pytest.mark.parametrize(
    "body",
    ["grant_type=x&grant_type=y", "grant_type=x&grant_type=x", "a=1&a=2&grant_type=x"],
)
def test_field_that_stands_twice_is_refused(body: str) -> None:
    with pytest.raises(MalformedForm):
        read(body)


@pytest.mark.parametrize("body", ["grant_type=%ff", "grant_type=a%00b", "&".join("a=1" * 60)])
def test_form_that_is_none_is_refused(body: str) -> None:
    with pytest.raises((MalformedForm, InvalidInput)):
        read(body)


@pytest.mark.parametrize("body", [None, "", "client_id=x", "grant_type=", "=x"])
def test_missing_field_is_named(body: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(body)
    assert [problem.pointer for problem in refused.value.problems] == ["/grant_type"]


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "multipart/form-data", "text/plain"]
)
def test_other_content_type_is_refused(content_type: str | None) -> None:
    event = http_raw("post-token", "grant_type=x")
    event["headers"].pop("content-type")
    if content_type is not None:
        event["headers"]["content-type"] = content_type
    with pytest.raises(UnsupportedMediaType):
        read_form(event, Form)


def test_large_form_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        read("grant_type=" + "x" * MAX_BODY)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_form_is_read_or_refused(body: str | bytes) -> None:
    try:
        read(body)
    except (MalformedForm, MalformedJson, InvalidInput):
        return
