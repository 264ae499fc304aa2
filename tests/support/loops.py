"""Event loops for tests of sockets."""

import asyncio
from collections.abc import Awaitable, Callable

LIMIT = 60.0
"""Seconds for one scene."""


def run(scene: Callable[[], Awaitable[None]]) -> None:
    """Plays a scene in a loop of its own, and waits until its sockets are closed."""

    async def limited() -> None:
        await asyncio.wait_for(scene(), LIMIT)
        # The official client closes its socket in a task that nobody awaits.
        closing = asyncio.all_tasks() - {asyncio.current_task()}
        if closing:
            await asyncio.wait(closing, timeout=LIMIT)

    asyncio.run(limited())
