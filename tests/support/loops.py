"""Event loops for tests of sockets."""

import asyncio
from collections.abc import Awaitable, Callable

LIMIT = 180.0
"""Seconds that one conversation may take."""


def run(conversation: Callable[[], Awaitable[None]]) -> None:
    """Runs a conversation in a new event loop, and waits until its sockets are closed."""

    async def limited() -> None:
        await asyncio.wait_for(conversation(), LIMIT)
        # The official client closes its socket in a task that it does not await.
        closing = asyncio.all_tasks() - {asyncio.current_task()}
        if closing:
            await asyncio.wait(closing, timeout=LIMIT)

    asyncio.run(limited())
