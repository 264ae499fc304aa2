"""What the server sends unasked: pushes and pings of the Centrifuge client protocol (JSON)."""

from collections.abc import Iterable, Iterator
from typing import Any

from gatehouse import strict_json
from gatehouse.errors import Disconnected

PING = "{}"
"""An object without ``id`` and ``push``."""

MAX_FRAME = 32 * 1024
"""Bytes of a frame that the WebSocket API takes from a client, and bills as one to a client."""

INSUFFICIENT_STATE = (2500, "insufficient state")
"""The client subscribes anew, with recovery."""

SUBSCRIPTION_EXPIRED = (2501, "subscription expired")
"""The client subscribes anew, with a new token."""


def info(
    user_id: str, client: str, conn_info: object = None, chan_info: object = None
) -> dict[str, Any]:
    """ClientInfo: who somebody is, by the verified connection."""
    fields = {"user": user_id, "client": client, "conn_info": conn_info, "chan_info": chan_info}
    return {name: value for name, value in fields.items() if value is not None}


def publication(channel: str, pub: str, offset: int = 0) -> str:
    """A message of a channel.

    Args:
        pub: a JSON object with ``data``, and ``info`` of who published it. It goes out as it was
            kept: to parse it for every room would be most of the work.
        offset: 0 in a channel that keeps nothing.
    """
    if offset:
        pub = f'{{"offset":{offset},{pub[1:]}'
    return f'{{"push":{{"channel":{strict_json.dumps(channel)},"pub":{pub}}}}}'


def join(channel: str, info: object) -> str:
    """Somebody came into a channel."""
    return strict_json.dumps({"push": {"channel": channel, "join": {"info": info}}})


def leave(channel: str, info: object) -> str:
    """Somebody left a channel."""
    return strict_json.dumps({"push": {"channel": channel, "leave": {"info": info}}})


def unsubscribe(channel: str, why: tuple[int, str]) -> str:
    """The connection is not in the channel any more; from code 2500 on clients come back."""
    code, reason = why
    push = {"channel": channel, "unsubscribe": {"code": code, "reason": reason}}
    return strict_json.dumps({"push": push})


def disconnect(reason: Disconnected) -> str:
    """Makes the client close the connection; its code decides whether the client comes back."""
    text = f"{reason.title}: {reason.detail}" if reason.detail else reason.title
    push = {"disconnect": {"code": reason.close_code, "reason": text}}
    return strict_json.dumps({"push": push})


def pack(lines: Iterable[str]) -> Iterator[str]:
    """The lines in as few frames as they fit in; a line that is longer gets one for itself."""
    frame: list[str] = []
    size = 0
    for line in lines:
        length = len(line.encode()) + 1
        if frame and size + length > MAX_FRAME:
            yield "\n".join(frame)
            frame, size = [], 0
        frame.append(line)
        size += length
    if frame:
        yield "\n".join(frame)
