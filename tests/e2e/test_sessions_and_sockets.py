"""Sockets that close when their session is revoked, and cookies of pages over real HTTP."""

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from harness.local_stack import PATIENCE, LocalStack
from tests.support.loops import run

PASSWORD = "correct horse battery staple"


@pytest.fixture
def api(stack: LocalStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.http, timeout=30) as client:
        yield client


@pytest.fixture
def credentials(api: httpx.Client) -> dict[str, str]:
    """Address and password of a registered user."""
    account = {"email": f"user-{secrets.token_hex(8)}@example.com", "password": PASSWORD}
    api.post("/register", json=account).raise_for_status()
    return account


def sign_in(api: httpx.Client, credentials: dict[str, str]) -> dict[str, Any]:
    tokens: dict[str, Any] = api.post("/login", json=credentials).raise_for_status().json()
    return tokens


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def open_socket(stack: LocalStack, tokens: dict[str, Any]) -> ClientConnection:
    """Opens a raw socket and connects it with the tokens of a session."""
    socket = await connect(stack.socket)
    await socket.send(json.dumps({"id": 1, "connect": {"token": tokens["access_token"]}}))
    reply = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
    assert "connect" in reply, reply
    return socket


async def disconnect_code(socket: ClientConnection) -> int:
    """Waits until the socket is closed. Returns the code of its disconnect push."""
    code = 0
    try:
        while True:
            text = await asyncio.wait_for(socket.recv(), PATIENCE)
            for line in str(text).splitlines():
                push = json.loads(line).get("push", {})
                code = push.get("disconnect", {}).get("code", code)
    except ConnectionClosed:
        return code


def revoke_one(api: httpx.Client, mine: dict[str, Any]) -> httpx.Response:
    sessions = api.get("/sessions", headers=bearer(mine)).json()["sessions"]
    (other,) = (each["id"] for each in sessions if not each["current"])
    return api.delete(f"/sessions/{other}", headers=bearer(mine))


def revoke_others(api: httpx.Client, mine: dict[str, Any]) -> httpx.Response:
    return api.delete("/sessions", params={"keep": "current"}, headers=bearer(mine))


def change_password(api: httpx.Client, mine: dict[str, Any]) -> httpx.Response:
    change = {"current_password": PASSWORD, "new_password": "a quite different passphrase"}
    return api.put("/password", headers=bearer(mine), json=change)


@pytest.mark.parametrize("end", [revoke_one, revoke_others, change_password])
def test_socket_of_a_session_that_is_ended_is_closed(
    stack: LocalStack,
    api: httpx.Client,
    credentials: dict[str, str],
    end: Callable[[httpx.Client, dict[str, Any]], httpx.Response],
) -> None:
    mine, other = sign_in(api, credentials), sign_in(api, credentials)

    async def conversation() -> None:
        stays, goes = await open_socket(stack, mine), await open_socket(stack, other)
        answer = await asyncio.to_thread(end, api, mine)
        assert answer.status_code == 204, answer.text
        assert await disconnect_code(goes) == 3503
        await stays.send(json.dumps({"id": 2, "presence_stats": {"channel": "none:1"}}))
        assert "error" in str(await asyncio.wait_for(stays.recv(), PATIENCE))
        await stays.close()

    run(conversation)


# Cookies.


def cookie_of(answer: httpx.Response) -> str:
    (header,) = answer.headers.get_list("set-cookie")
    name, _, rest = header.partition("=")
    assert name == "__Host-refresh"
    for attribute in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert attribute in rest
    return rest.partition(";")[0]


def test_page_refreshes_with_its_cookie(
    stack: LocalStack, api: httpx.Client, credentials: dict[str, str]
) -> None:
    signed_in = api.post("/login", json={**credentials, "refresh": "cookie"})
    assert "refresh_token" not in signed_in.json()
    headers = {"Cookie": f"__Host-refresh={cookie_of(signed_in)}", "Origin": stack.http}
    refreshed = api.post("/sessions/refresh", json={}, headers=headers)
    assert refreshed.status_code == 200, refreshed.text
    assert cookie_of(refreshed) != cookie_of(signed_in)


def test_foreign_page_does_not_refresh_with_the_cookie(
    api: httpx.Client, credentials: dict[str, str]
) -> None:
    signed_in = api.post("/login", json={**credentials, "refresh": "cookie"})
    headers = {"Cookie": f"__Host-refresh={cookie_of(signed_in)}", "Origin": "https://evil.example"}
    assert api.post("/sessions/refresh", json={}, headers=headers).status_code == 403
