"""Identify the caller of a request, and its device."""

import pytest

from gatehouse.errors import InvalidToken, MissingToken
from gatehouse.http.caller import MAX_USER_AGENT, device, identify
from gatehouse.identity import Device
from harness.events import Event, http
from harness.moto_backend import MotoBackend


def bearing(authorization: str | None) -> Event:
    return http("get-profile", headers={"authorization": authorization})


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_token_in_the_header_proves_the_caller(moto: MotoBackend, scheme: str) -> None:
    user = moto.user()
    event = bearing(f"{scheme} {moto.access_token(user)}")
    assert identify(moto.backend, event).user_id == user.id


@pytest.mark.parametrize("value", [None, "", " ", "Basic YTpi", "Token x", "x.y.z", "Bearerx"])
def test_request_without_a_bearer_token_is_told_so(moto: MotoBackend, value: str | None) -> None:
    with pytest.raises(MissingToken):
        identify(moto.backend, bearing(value))


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer x", "Bearer a b", "Bearer a.b.c"])
def test_bad_bearer_token_is_refused(moto: MotoBackend, value: str) -> None:
    with pytest.raises(InvalidToken):
        identify(moto.backend, bearing(value))


def test_two_tokens_are_refused(moto: MotoBackend) -> None:
    token = moto.access_token(moto.user())
    with pytest.raises(InvalidToken):
        identify(moto.backend, bearing(f"Bearer {token},Bearer {token}"))


def test_token_in_another_place_is_not_looked_at(moto: MotoBackend) -> None:
    token = moto.access_token(moto.user())
    event = bearing(None) | {
        "rawQueryString": f"access_token={token}",
        "queryStringParameters": {"access_token": token},
        "cookies": [f"access_token={token}"],
        "body": f"access_token={token}",
    }
    with pytest.raises(MissingToken):
        identify(moto.backend, event)


def from_agent(agent: str | None) -> Device:
    event = http("get-profile")
    event["requestContext"]["http"]["userAgent"] = agent
    return device(event)


def test_device_is_as_the_gateway_saw_it() -> None:
    caller = device(http("get-profile"))
    assert caller.address == "198.51.100.7"
    assert caller.user_agent.startswith("Mozilla/5.0")


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "cf-connecting-ip", "x-real-ip"])
def test_address_of_a_header_is_not_believed(name: str) -> None:
    assert device(http("get-profile", headers={name: "203.0.113.9"})).address == "198.51.100.7"


def test_missing_user_agent_is_empty() -> None:
    assert from_agent(None).user_agent == ""


def test_long_user_agent_is_cut() -> None:
    assert len(from_agent("x" * 10_000).user_agent) == MAX_USER_AGENT


def test_user_agent_cannot_add_a_line_to_a_log() -> None:
    assert from_agent("a\r\nb\x1b[31m\0").user_agent == "ab[31m"
