"""Pushes as the official clients read them."""

import json

from gatehouse.errors import BadFrame, ConnectionExpired
from gatehouse.realtime import pushes


def test_ping_has_neither_id_nor_push() -> None:
    assert pushes.PING == "{}"


def test_publication_embeds_its_data_as_json() -> None:
    text = pushes.publication("room:1", {"a": [1]}, user_id="42", client="c")
    assert text == (
        '{"push":{"channel":"room:1","pub":{"data":{"a":[1]},"info":{"user":"42","client":"c"}}}}'
    )


def test_publication_is_one_line_whatever_its_data() -> None:
    text = pushes.publication("room:1", "\n\r\u2028", user_id="42", client="c")
    assert "\n" not in text
    assert "\r" not in text


def test_disconnect_has_code_and_reason() -> None:
    assert json.loads(pushes.disconnect(ConnectionExpired())) == {
        "push": {"disconnect": {"code": 3005, "reason": "connection expired"}}
    }


def test_disconnect_tells_the_detail() -> None:
    push = json.loads(pushes.disconnect(BadFrame("channel is missing")))["push"]
    assert push["disconnect"]["reason"] == "bad request: channel is missing"
