"""The socket of the local stack, used by the official Python client and with raw frames."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from centrifuge import (
    Client,
    ClientEventHandler,
    ConnectedContext,
    DisconnectedContext,
    PublicationContext,
    ServerPublicationContext,
    SubscribedContext,
    Subscription,
    SubscriptionEventHandler,
    UnsubscribedContext,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.local_stack import PATIENCE, LocalStack
from tests.support.loops import run

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Account:
    """Someone who is registered and signed in."""

    id: str
    token: str


@dataclass
class Events(ClientEventHandler):
    """The events of a client."""

    connected: asyncio.Future[ConnectedContext] = field(default_factory=asyncio.Future)
    disconnected: asyncio.Future[DisconnectedContext] = field(default_factory=asyncio.Future)
    personal: "asyncio.Queue[ServerPublicationContext]" = field(default_factory=asyncio.Queue)
    server_side: list[str] = field(default_factory=list)

    async def on_connected(self, ctx: ConnectedContext) -> None:
        self.connected.set_result(ctx)

    async def on_disconnected(self, ctx: DisconnectedContext) -> None:
        self.disconnected.set_result(ctx)

    async def on_subscribed(self, ctx: Any) -> None:
        self.server_side.append(ctx.channel)

    async def on_publication(self, ctx: ServerPublicationContext) -> None:
        await self.personal.put(ctx)


@dataclass
class Messages(SubscriptionEventHandler):
    """The events of a subscription."""

    subscribed: asyncio.Future[SubscribedContext] = field(default_factory=asyncio.Future)
    unsubscribed: asyncio.Future[UnsubscribedContext] = field(default_factory=asyncio.Future)
    received: "asyncio.Queue[PublicationContext]" = field(default_factory=asyncio.Queue)

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        self.subscribed.set_result(ctx)

    async def on_unsubscribed(self, ctx: UnsubscribedContext) -> None:
        self.unsubscribed.set_result(ctx)

    async def on_publication(self, ctx: PublicationContext) -> None:
        await self.received.put(ctx)


def sign_up(stack: LocalStack) -> Account:
    email = f"{secrets.token_hex(8)}@example.com"
    body = {"email": email, "password": PASSWORD}
    with httpx.Client(base_url=stack.http, timeout=30) as http:
        registered = http.post("/register", json=body).raise_for_status().json()
        tokens = http.post("/login", json=body).raise_for_status().json()
    return Account(registered["id"], tokens["access_token"])


@asynccontextmanager
async def client_of(stack: LocalStack, token: str) -> AsyncIterator[tuple[Client, Events]]:
    events = Events()
    client = Client(stack.socket, token=token, events=events, timeout=PATIENCE)
    await client.connect()
    try:
        yield client, events
    finally:
        await client.disconnect()


async def soon(awaitable: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(awaitable, PATIENCE)


async def join(client: Client, channel: str) -> tuple[Subscription, Messages]:
    messages = Messages()
    subscription = client.new_subscription(channel, events=messages)
    await subscription.subscribe()
    await soon(messages.subscribed)
    return subscription, messages


def a_room() -> str:
    return f"room:{secrets.token_hex(8)}"


def test_what_one_publishes_reaches_both_with_the_publishers_name(stack: LocalStack) -> None:
    ann, bob, room = sign_up(stack), sign_up(stack), a_room()

    async def conversation() -> None:
        async with (
            client_of(stack, ann.token) as (a, a_events),
            client_of(stack, bob.token) as (b, _),
        ):
            of_ann, to_ann = await join(a, room)
            _, to_bob = await join(b, room)
            await of_ann.publish({"text": "hi"})
            for messages in (to_ann, to_bob):
                pub = (await soon(messages.received.get())).pub
                assert pub.data == {"text": "hi"}
                assert pub.info.user == ann.id
                assert pub.info.client == (await soon(a_events.connected)).client

    run(conversation)


def test_many_messages_of_one_arrive_in_their_order(stack: LocalStack) -> None:
    ann, room = sign_up(stack), a_room()

    async def conversation() -> None:
        async with client_of(stack, ann.token) as (client, _):
            subscription, messages = await join(client, room)
            for number in range(20):
                await subscription.publish(number)
            received = [(await soon(messages.received.get())).pub.data for _ in range(20)]
            assert received == list(range(20))

    run(conversation)


def test_presence_shows_who_is_in_a_room_and_no_more_who_left(stack: LocalStack) -> None:
    ann, bob, room = sign_up(stack), sign_up(stack), a_room()

    async def conversation() -> None:
        async with client_of(stack, ann.token) as (a, _):
            of_ann, _ = await join(a, room)
            async with client_of(stack, bob.token) as (b, _):
                of_bob, _ = await join(b, room)
                clients = (await of_ann.presence()).clients.values()
                assert {info.user for info in clients} == {ann.id, bob.id}
                stats = await of_ann.presence_stats()
                assert (stats.num_clients, stats.num_users) == (2, 2)
                await of_bob.unsubscribe()
                async with asyncio.timeout(PATIENCE):
                    while (await of_ann.presence_stats()).num_clients > 1:
                        await asyncio.sleep(0.05)

    run(conversation)


def test_a_connection_is_in_its_users_personal_channel(stack: LocalStack) -> None:
    ann = sign_up(stack)

    async def conversation() -> None:
        async with client_of(stack, ann.token) as (_, events):
            await soon(events.connected)
        assert events.server_side == [f"user:{ann.id}"]

    run(conversation)


def test_the_personal_channel_of_another_is_closed(stack: LocalStack) -> None:
    ann, bob = sign_up(stack), sign_up(stack)

    async def conversation() -> None:
        async with client_of(stack, ann.token) as (client, _):
            messages = Messages()
            subscription = client.new_subscription(f"user:{bob.id}", events=messages)
            await subscription.subscribe()
            assert (await soon(messages.unsubscribed)).code == 103

    run(conversation)


def test_a_bad_token_ends_the_client_with_3500(stack: LocalStack) -> None:
    async def conversation() -> None:
        async with client_of(stack, "a.bad.token") as (_, events):
            assert (await soon(events.disconnected)).code == 3500

    run(conversation)


# Raw frames.


@asynccontextmanager
async def line(stack: LocalStack, **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(stack.socket, open_timeout=PATIENCE, **options) as opened:
        yield opened


async def hear(opened: ClientConnection) -> list[Any]:
    frame = await soon(opened.recv())
    assert isinstance(frame, str)
    return [json.loads(each) for each in frame.split("\n")]


@pytest.mark.parametrize(
    "text",
    [
        "garbage",
        "[]",
        "null",
        '{"id":1,"id":2,"connect":{}}',
        '{"id":1,"connect":{"token":NaN}}',
        '{"id":1,"connect":{"token":"\\u0000"}}',
        '{"id":1,"connect":{"token":"\\ud800"}}',
        '{"id":1,"connect":{"token":5}}',
        '{"id":1,"connect":{}}',
        '{"id":1,"subscribe":{"channel":"room:1"}}',
        '{"id":"1","connect":{}}',
        '{"id":1,"connect":{"data":' + "[" * 100 + "]" * 100 + "}}",
        "x" * 32_769,
    ],
    ids=lambda text: text[:40],
)
def test_a_bad_frame_is_answered_by_a_disconnect(stack: LocalStack, text: str) -> None:
    async def conversation() -> None:
        async with line(stack) as opened:
            await opened.send(text)
            (answer,) = await hear(opened)
            assert answer["push"]["disconnect"]["code"] == 3501
            with pytest.raises(ConnectionClosed):
                await soon(opened.recv())

    run(conversation)


def test_nothing_is_answered_to_a_pong(stack: LocalStack) -> None:
    async def conversation() -> None:
        async with line(stack) as opened:
            await opened.send("{}")
            await opened.send('{"id":1,"connect":{"token":"bad"}}')
            (answer,) = await hear(opened)
            assert answer["push"]["disconnect"]["code"] == 3500

    run(conversation)


def test_connect_and_subscribe_in_one_frame_are_answered_in_one_frame(stack: LocalStack) -> None:
    ann, room = sign_up(stack), a_room()

    async def conversation() -> None:
        async with line(stack) as opened:
            first = {"id": 1, "connect": {"token": ann.token}}
            second = {"id": 2, "subscribe": {"channel": room}}
            await opened.send(f"{json.dumps(first)}\n{json.dumps(second)}")
            connected, subscribed = await hear(opened)
            assert list(connected["connect"]["subs"]) == [f"user:{ann.id}"]
            assert (subscribed["id"], list(subscribed)) == (2, ["id", "subscribe"])

    run(conversation)


def test_a_page_of_another_origin_is_refused(stack: LocalStack) -> None:
    async def conversation() -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with line(stack, origin="https://evil.example"):
                pass
        assert refused.value.response.status_code == 403

    run(conversation)


def test_a_thousand_messages_at_once_are_refused_from_the_limit_on(stack: LocalStack) -> None:
    ann = sign_up(stack)
    publishes = [
        f'{{"id":{number},"publish":{{"channel":"typing:1","data":1}}}}'
        for number in range(2, 1_002)
    ]

    async def is_served() -> None:
        """Another user signs up and talks during the flood."""
        other, room = await asyncio.to_thread(sign_up, stack), a_room()
        async with client_of(stack, other.token) as (client, _):
            subscription, messages = await join(client, room)
            await subscription.publish("still here")
            assert (await soon(messages.received.get())).pub.data == "still here"

    async def conversation() -> None:
        async with line(stack) as flooding:
            await flooding.send(json.dumps({"id": 1, "connect": {"token": ann.token}}))
            assert "connect" in (await hear(flooding))[0]
            # As many as fit in a frame, then the rest.
            await flooding.send("\n".join(publishes[:610]))
            await flooding.send("\n".join(publishes[610:]))
            served = asyncio.create_task(is_served())
            replies: list[Any] = []
            while len(replies) < len(publishes):
                replies += await hear(flooding)
            await served
            errors = [each["error"] for each in replies if "error" in each]
            assert {each["code"] for each in errors} == {111}, replies[-1]
            assert all(each["temporary"] for each in errors)

    run(conversation)
