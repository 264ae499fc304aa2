"""Malformed frames are sent: the socket answers with an error or a disconnect, and never raises."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.socket_harness import OK, SocketHarness, frame_event
from tests.support.calls import recorded

DEEP = 100_000

NOT_THE_PROTOCOL = {
    "no JSON": "hello",
    "cut off": '{"id":2,"publish":{"channel":"room:1","data":',
    "two objects in a line": '{"id":2,"presence":{"channel":"room:1"}}{}',
    "list": "[]",
    "list of commands": '[{"id":2,"presence":{"channel":"room:1"}}]',
    "number": "1",
    "text": '"connect"',
    "null": "null",
    "duplicate keys": '{"id":2,"id":3,"presence":{"channel":"room:1"}}',
    "duplicate keys inside": '{"id":2,"presence":{"channel":"room:1","channel":"room:2"}}',
    "NaN": '{"id":2,"publish":{"channel":"room:1","data":NaN}}',
    "Infinity": '{"id":2,"publish":{"channel":"room:1","data":-Infinity}}',
    "too large a number": '{"id":2,"publish":{"channel":"room:1","data":1e999}}',
    "endless integer": '{"id":2,"publish":{"channel":"room:1","data":%s}}' % ("9" * 5000),
    "NUL": '{"id":2,"publish":{"channel":"room:1","data":"\0"}}',
    "escaped NUL": '{"id":2,"publish":{"channel":"room:1","data":"\\u0000"}}',
    "lone surrogate": '{"id":2,"publish":{"channel":"room:1","data":"\ud800"}}',
    "escaped lone surrogate": '{"id":2,"publish":{"channel":"room:1","data":"\\ud800"}}',
    "surrogate as a key": '{"id":2,"publish":{"channel":"room:1","data":{"\\udfff":1}}}',
    "deep list": "[" * DEEP,
    "deep object": '{"a":' * DEEP,
    "deep list that fits": "[" * 15_000 + "]" * 15_000,
    "deep data": '{"id":2,"publish":{"channel":"room:1","data":%s}}' % ("[" * 70 + "]" * 70),
    "too large": '{"id":2,"publish":{"channel":"room:1","data":"%s"}}' % ("x" * 32_768),
    "too large in bytes": '{"id":2,"publish":{"channel":"room:1","data":"%s"}}' % ("é" * 16_384),
    "byte order mark": '\ufeff{"id":2,"presence":{"channel":"room:1"}}',
    "no method": '{"id":2}',
    "two methods": '{"id":2,"presence":{"channel":"room:1"},"publish":{}}',
    "no id": '{"presence":{"channel":"room:1"}}',
    "id 0": '{"id":0,"presence":{"channel":"room:1"}}',
    "negative id": '{"id":-2,"presence":{"channel":"room:1"}}',
    "large id": '{"id":4294967296,"presence":{"channel":"room:1"}}',
    "text id": '{"id":"2","presence":{"channel":"room:1"}}',
    "true id": '{"id":true,"presence":{"channel":"room:1"}}',
    "broken id": '{"id":2.0,"presence":{"channel":"room:1"}}',
    "null id": '{"id":null,"presence":{"channel":"room:1"}}',
    "list id": '{"id":[2],"presence":{"channel":"room:1"}}',
    "null parameters": '{"id":2,"presence":null}',
    "list as parameters": '{"id":2,"presence":["room:1"]}',
    "text as parameters": '{"id":2,"presence":"room:1"}',
    "no channel": '{"id":2,"subscribe":{}}',
    "empty channel": '{"id":2,"subscribe":{"channel":""}}',
    "null channel": '{"id":2,"subscribe":{"channel":null}}',
    "number as channel": '{"id":2,"subscribe":{"channel":1}}',
    "list as channel": '{"id":2,"subscribe":{"channel":["room:1"]}}',
    "object as channel": '{"id":2,"publish":{"channel":{"a":1},"data":1}}',
    "no data": '{"id":2,"publish":{"channel":"room:1"}}',
    "text as type": '{"id":2,"subscribe":{"channel":"room:1","type":"1"}}',
    "true as type": '{"id":2,"subscribe":{"channel":"room:1","type":true}}',
    "number as token": '{"id":2,"refresh":{"token":1}}',
    "no token": '{"id":2,"refresh":{}}',
}


@pytest.mark.parametrize("text", NOT_THE_PROTOCOL.values(), ids=NOT_THE_PROTOCOL)
def test_a_frame_that_is_not_the_protocol_ends_the_connection(
    sockets: SocketHarness, text: str
) -> None:
    client = sockets.client()
    client.send(text)
    assert client.disconnects == [3501]
    assert client.is_closed
    assert sockets.stored() == []


@pytest.mark.parametrize("text", NOT_THE_PROTOCOL.values(), ids=NOT_THE_PROTOCOL)
def test_a_stranger_with_such_a_frame_is_disconnected_too(
    sockets: SocketHarness, text: str
) -> None:
    client = sockets.stranger()
    client.send(text)
    assert client.disconnects in ([3501], [3004])
    assert client.is_closed


def test_a_bad_line_keeps_the_others_of_its_frame_from_being_carried_out(
    sockets: SocketHarness,
) -> None:
    member, client = sockets.member("room:1"), sockets.client()
    client.send('{"id":2,"publish":{"channel":"room:1","data":1}}\nnonsense')
    assert member.publications == []
    assert client.disconnects == [3501]


def test_the_reason_says_what_is_wrong_and_repeats_nothing_of_the_frame(
    sockets: SocketHarness,
) -> None:
    client = sockets.client()
    client.send('{"id":2,"subscribe":{"channel":{"secret":1}}}')
    push = client.received[-1]["push"]["disconnect"]
    assert push["reason"] == "bad request: channel has the wrong type"


def test_a_frame_of_the_largest_size_is_carried_out(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    head, tail = '{"id":3,"publish":{"channel":"room:1","data":"', '"}}'
    data = "z" * (32_768 - len(head) - len(tail))
    client.send(head + data + tail)
    assert client.publications == [data]


def test_data_of_the_greatest_depth_is_carried(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    data = "[" * 62 + "]" * 62
    client.send(f'{{"id":3,"publish":{{"channel":"room:1","data":{data}}}}}')
    assert client.publications == [json.loads(data)]


@pytest.mark.parametrize(
    "data", [b"\x00\xff\xfe", b'{"id":2,"rpc":{"method":"time"}}', b"\x82\x00"]
)
def test_a_binary_frame_ends_the_connection(sockets: SocketHarness, data: bytes) -> None:
    client = sockets.client()
    binary = {"body": base64.b64encode(data).decode(), "isBase64Encoded": True}
    assert sockets.socket(frame_event(client.id, "") | binary, None) == OK
    assert client.disconnects == [3501]
    assert sockets.stored() == []


EMPTY = {
    "nothing": "",
    "a line": "\n",
    "lines": "\n" * 30_000,
    "spaces": " \t \r\n",
    "a pong": "{}",
    "pongs": "{}\n" * 10_000,
}


@pytest.mark.parametrize("text", EMPTY.values(), ids=EMPTY)
def test_an_empty_frame_is_not_answered_and_costs_nothing(
    sockets: SocketHarness, text: str
) -> None:
    client = sockets.client()
    before = sockets.stored()
    with recorded() as calls:
        assert client.send(text) == []
    assert calls == []
    assert sockets.stored() == before


@pytest.mark.parametrize("body", [None, 5, [], {}, b"x"])
def test_an_event_with_another_body_raises_nothing(sockets: SocketHarness, body: Any) -> None:
    assert sockets.socket(frame_event("L0SM9c=", "") | {"body": body}, None) == OK


@pytest.mark.parametrize("event", [{}, {"requestContext": {}}, {"requestContext": None}])
def test_an_event_of_another_shape_raises_nothing(sockets: SocketHarness, event: Any) -> None:
    assert sockets.socket(event, None) == OK


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
METHODS = st.sampled_from(
    ["connect", "subscribe", "unsubscribe", "publish", "presence", "refresh", "history", "send"]
)
FIELDS = st.sampled_from(["channel", "data", "token", "type", "tf", "x"])
BROKEN = st.fixed_dictionaries({}, optional={"id": JSON, "connect": JSON, "push": JSON})
SOUND = st.tuples(METHODS, st.dictionaries(FIELDS, JSON | st.just("room:1"), max_size=4))
FRAMES = st.text() | BROKEN.map(json.dumps) | st.lists(SOUND, max_size=3)


def test_no_frame_makes_the_socket_raise_or_fail(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    clients = [sockets.client(user)]

    @given(frame=FRAMES)
    @settings(max_examples=200, deadline=None)
    def check(frame: str | list[tuple[str, object]]) -> None:
        if clients[-1].is_closed:
            clients.append(sockets.client(user))
        sockets.waits.clear()
        client = clients[-1]
        answers = client.send(frame) if isinstance(frame, str) else client.tell(*frame)
        assert all(set(answer) & {"id", "push"} for answer in answers)
        assert not [each for each in answers if each.get("error", {}).get("code") == 100]
        # A frame that is ahead of its turn waits for the frames before it.
        assert sockets.waits or 3004 not in clients[-1].disconnects

    check()
