"""Decoding commands and encoding replies."""

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.errors import BadFrame, InternalError, NotAvailable, Unavailable
from gatehouse.websocket import frames
from gatehouse.websocket.frames import Command

COMMAND = Command(3, "presence", {})


@dataclass(frozen=True)
class Input:
    name: str
    data: object
    count: int = 7
    note: str = ""


@dataclass(frozen=True)
class Inner:
    a: int


@dataclass(frozen=True)
class Output:
    inner: dict[str, Inner] = field(default_factory=dict)


def test_decode_reads_the_lines_in_their_order() -> None:
    text = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"c"}}'
    assert frames.decode(text) == (
        Command(1, "connect", {}),
        Command(2, "subscribe", {"channel": "c"}),
    )


@pytest.mark.parametrize("text", ["", "\n", " \n\t", "{}", "{}\n\n{}", "{ }\r\n"])
def test_decode_finds_nothing_in_pongs_and_blank_lines(text: str) -> None:
    assert frames.decode(text) == ()


def test_decode_takes_a_command_without_an_id_that_wants_no_reply() -> None:
    assert frames.decode('{"send":{"data":1}}') == (Command(0, "send", {"data": 1}),)


def test_decode_ignores_a_method_that_is_null() -> None:
    assert frames.decode('{"id":1,"rpc":null,"connect":{}}') == (Command(1, "connect", {}),)


def test_decode_takes_the_largest_id() -> None:
    assert frames.decode('{"id":4294967295,"rpc":{}}')[0].id == 2**32 - 1


@given(st.text())
def test_decode_refuses_or_reads_any_text(text: str) -> None:
    try:
        commands = frames.decode(text)
    except BadFrame:
        return
    assert all(isinstance(command, Command) for command in commands)


def test_read_fills_in_what_was_not_given() -> None:
    assert frames.read(Input, {"name": "n", "data": 1}) == Input("n", 1, 7, "")


def test_read_ignores_what_is_unknown() -> None:
    assert frames.read(Input, {"name": "n", "data": 1, "flag": 1}) == Input("n", 1)


def test_read_takes_null_for_absent_where_it_is_not_data() -> None:
    assert frames.read(Input, {"name": "n", "data": None, "count": None}) == Input("n", None, 7)


def test_read_takes_an_empty_text_that_is_not_needed() -> None:
    assert frames.read(Input, {"name": "n", "data": 1, "note": ""}) == Input("n", 1)


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"data": 1}, "name is missing"),
        ({"name": "", "data": 1}, "name is missing"),
        ({"name": None, "data": 1}, "name is missing"),
        ({"name": "n"}, "data is missing"),
        ({"name": 1, "data": 1}, "name has the wrong type"),
        ({"name": ["n"], "data": 1}, "name has the wrong type"),
        ({"name": "n", "data": 1, "count": True}, "count has the wrong type"),
        ({"name": "n", "data": 1, "count": 1.0}, "count has the wrong type"),
        ({"name": "n", "data": 1, "count": "1"}, "count has the wrong type"),
    ],
)
def test_read_refuses_what_is_missing_or_of_another_type(
    params: dict[str, object], reason: str
) -> None:
    with pytest.raises(BadFrame, match=reason):
        frames.read(Input, params)


def test_reply_holds_the_fields_of_an_output() -> None:
    outcome = Output({"x": Inner(1)})
    assert frames.reply(COMMAND, outcome) == '{"id":3,"presence":{"inner":{"x":{"a":1}}}}'


def test_reply_is_empty_without_an_output() -> None:
    assert frames.reply(COMMAND, None) == '{"id":3,"presence":{}}'


def test_reply_that_nothing_can_carry_becomes_an_error() -> None:
    outcome = Output({"x" * frames.MAX_MESSAGE: Inner(1)})
    assert json.loads(frames.reply(COMMAND, outcome))["error"]["code"] == 106


def test_error_is_marked_when_it_is_temporary() -> None:
    error = json.loads(frames.error(COMMAND, InternalError()))["error"]
    assert error == {
        "code": 100,
        "message": "Something went wrong on our side",
        "temporary": True,
    }


def test_error_tells_its_detail() -> None:
    error = json.loads(frames.error(COMMAND, NotAvailable("No history here.")))["error"]
    assert error == {"code": 108, "message": "No history here."}


def test_error_of_ours_keeps_its_cause_private() -> None:
    error = json.loads(frames.error(COMMAND, Unavailable("PUBLIC_URL is not set")))["error"]
    assert error["message"] == "Temporarily unavailable"
