"""Read the bodies of requests."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.errors import BodyTooLarge, InvalidInput, MalformedJson, UnsupportedMediaType
from gatehouse.flows.accounts.inputs import Input
from gatehouse.flows.accounts.register import Register
from gatehouse.http.bodies import MAX_BODY, MAX_POINTER, MAX_PROBLEMS, read_json
from harness.events import body_of, http, http_raw


class Note(Input):
    text: str


def read(body: str | bytes | None) -> Note:
    return read_json(http_raw("post-login", body), Note)


def pointers(body: object) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read(json.dumps(body))
    return [problem.pointer for problem in refused.value.problems]


@pytest.mark.parametrize("body", ['{"text":"é"}', '{"text":"é"}'.encode()])
def test_body_is_read_as_text_and_as_base64(body: str | bytes) -> None:
    assert read(body) == Note(text="é")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        " application/json ",
    ],
)
def test_content_type_of_json_is_accepted(content_type: str) -> None:
    event = http("post-login", {"text": "x"}, headers={"content-type": content_type})
    assert read_json(event, Note).text == "x"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/problem+json",
        "application/json-seq",
        "text/plain; application/json",
    ],
)
def test_other_content_type_is_refused(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        read_json(http("post-login", {"text": "x"}, headers={"content-type": content_type}), Note)


@pytest.mark.parametrize(
    "body", [None, "", " ", "{", "text=x", b"", b"\xff\xfe{\x00}\x00", b"\x80"]
)
def test_missing_or_malformed_body_is_refused(body: str | bytes | None) -> None:
    with pytest.raises(MalformedJson):
        read(body)


def test_base64_that_is_none_is_refused() -> None:
    event = http_raw("post-login", "!") | {"isBase64Encoded": True, "body": "abc"}
    with pytest.raises(MalformedJson):
        read_json(event, Note)


def padded(size: int) -> str:
    """Returns a valid body of ``size`` bytes."""
    return '{"text":"' + "x" * (size - len('{"text":""}')) + '"}'


@pytest.mark.parametrize("encode", [str, str.encode])
def test_body_of_64_kilobytes_is_read(encode: "type[str]") -> None:
    assert read(encode(padded(MAX_BODY))).text


@pytest.mark.parametrize("encode", [str, str.encode])
@pytest.mark.parametrize("size", [MAX_BODY + 1, 2 * MAX_BODY + 1, 4 * 1024 * 1024])
def test_body_over_64_kilobytes_is_refused(encode: "type[str]", size: int) -> None:
    with pytest.raises(BodyTooLarge):
        read(encode(padded(size)))


def test_size_counts_bytes_and_not_characters() -> None:
    with pytest.raises(BodyTooLarge):
        read('{"text":"' + "é" * (MAX_BODY // 2) + '"}')


def test_large_body_of_another_type_is_called_large() -> None:
    event = http_raw("post-login", "x" * (MAX_BODY + 1))
    event["headers"]["content-type"] = "text/plain"
    with pytest.raises(BodyTooLarge):
        read_json(event, Note)


@pytest.mark.parametrize("body", [[], [{"text": "x"}], "text", 1, None, True])
def test_body_that_is_no_object_is_refused_as_a_whole(body: object) -> None:
    assert pointers(body) == [""]


@pytest.mark.parametrize("text", [None, 1, 1.5, True, [], {}, {"$ne": ""}, {"S": "x"}, ["x"]])
def test_field_of_another_type_is_named(text: object) -> None:
    assert pointers({"text": text}) == ["/text"]


def test_missing_and_unknown_fields_are_named() -> None:
    assert pointers({"role": "admin"}) == ["/text", "/role"]


def test_pointer_escapes_what_pointers_are_made_of() -> None:
    assert pointers({"text": "x", "a/b~c": 1}) == ["/a~1b~0c"]


def test_long_key_of_the_sender_is_cut() -> None:
    assert len(pointers({"text": "x", "k" * 5_000: 1})[0]) == MAX_POINTER


def test_number_of_problems_is_limited() -> None:
    assert len(pointers({"text": "x"} | {f"k{n}": n for n in range(500)})) == MAX_PROBLEMS


def test_problem_does_not_repeat_what_was_sent() -> None:
    body = body_of("post-register") | {"password": ["swordfish"], "email": "swordfish"}
    with pytest.raises(InvalidInput) as refused:
        read_json(http("post-register", body), Register)
    assert len(refused.value.problems) == 2
    assert "swordfish" not in str(refused.value.problems)


def test_problem_of_an_address_is_a_sentence_of_ours() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_json(http("post-register", body_of("post-register") | {"email": "x"}), Register)
    assert [(p.pointer, p.detail) for p in refused.value.problems] == [
        ("/email", "is not an email address")
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40) | st.binary(max_size=40))
def test_any_body_is_read_or_refused(body: str | bytes) -> None:
    try:
        read(body)
    except (MalformedJson, InvalidInput):
        return
