"""Two users on the local stack: Bob writes to a room, and Ann reads it."""

import asyncio

import httpx
from centrifuge import Client, PublicationContext, SubscriptionEventHandler

HTTP = "http://localhost:8000"
SOCKET = "ws://localhost:8000/connection/websocket"
PASSWORD = "correct horse battery staple"  # noqa: S105  # an example, not a secret


class Reader(SubscriptionEventHandler):
    """Prints the first message of a room."""

    def __init__(self) -> None:
        self.read = asyncio.Event()

    async def on_publication(self, ctx: PublicationContext) -> None:
        # The server names the sender, so nobody can write under another user's ID.
        sender = ctx.pub.info.user[:8] if ctx.pub.info else "someone"
        print(f"{sender} says {ctx.pub.data}")
        self.read.set()


async def token(email: str) -> str:
    """Returns an access token. Registers the user first, which has no effect the second time."""
    body = {"email": email, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=HTTP) as http:
        await http.post("/register", json=body)
        answer = await http.post("/login", json=body)
        return str(answer.raise_for_status().json()["access_token"])


async def main() -> None:
    ann = Client(SOCKET, token=await token("ann@example.org"))
    bob = Client(SOCKET, token=await token("bob@example.org"))
    await ann.connect()
    await bob.connect()

    reader = Reader()
    to_ann = ann.new_subscription("room:kitchen", events=reader)
    await to_ann.subscribe()
    await to_ann.ready()

    room = bob.new_subscription("room:kitchen")
    await room.subscribe()
    await room.ready()
    await room.publish({"text": "dinner is ready"})

    await asyncio.wait_for(reader.read.wait(), 10)
    await ann.disconnect()
    await bob.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
