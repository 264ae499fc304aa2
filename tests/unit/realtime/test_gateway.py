"""Sending to connections and closing them."""

import pytest

from gatehouse.aws import ConnectionGone
from gatehouse.errors import ForcedDisconnect, Unavailable
from gatehouse.realtime.gateway import Gateway
from gatehouse.realtime.rate_limiter import RateLimiter
from harness.socket_harness import RecordingApi


@pytest.fixture
def api() -> RecordingApi:
    return RecordingApi()


@pytest.fixture
def gateway(api: RecordingApi) -> Gateway:
    return Gateway(lambda: api, RateLimiter(0))


def test_send_posts_the_text_in_utf_8(gateway: Gateway, api: RecordingApi) -> None:
    gateway.send("a", '{"é":1}')
    assert api.frames == [("a", '{"é":1}')]


def test_send_refuses_an_empty_frame(gateway: Gateway, api: RecordingApi) -> None:
    with pytest.raises(ValueError, match="empty"):
        gateway.send("a", "")
    assert api.frames == []


def test_send_raises_when_nobody_is_there(gateway: Gateway, api: RecordingApi) -> None:
    api.gone.add("a")
    with pytest.raises(ConnectionGone):
        gateway.send("a", "{}")


def test_send_raises_when_it_fails(gateway: Gateway, api: RecordingApi) -> None:
    api.failing.add("a")
    with pytest.raises(Unavailable):
        gateway.send("a", "{}")


def test_disconnect_tells_before_it_closes(gateway: Gateway, api: RecordingApi) -> None:
    gateway.disconnect("a", ForcedDisconnect())
    assert api.sent("a") == [{"push": {"disconnect": {"code": 3503, "reason": "force disconnect"}}}]
    assert api.closed == ["a"]


def test_disconnect_is_done_when_nobody_is_there(gateway: Gateway, api: RecordingApi) -> None:
    api.gone.add("a")
    gateway.disconnect("a", ForcedDisconnect())
    assert api.closed == []


def test_disconnect_raises_when_it_fails(gateway: Gateway, api: RecordingApi) -> None:
    api.failing.add("a")
    with pytest.raises(Unavailable):
        gateway.disconnect("a", ForcedDisconnect())
