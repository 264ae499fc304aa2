"""What the server sends unasked: pushes and pings of the Centrifuge client protocol (JSON)."""

from gatehouse import strict_json
from gatehouse.errors import Disconnected

PING = "{}"
"""An object without ``id`` and ``push``."""


def publication(channel: str, data: object, *, user_id: str, client: str) -> str:
    """A message of a channel.

    Args:
        user_id, client: who published it, by the verified connection.
    """
    pub = {"data": data, "info": {"user": user_id, "client": client}}
    return strict_json.dumps({"push": {"channel": channel, "pub": pub}})


def disconnect(reason: Disconnected) -> str:
    """Makes the client close the connection; its code decides whether the client comes back."""
    told = f"{reason.title}: {reason.detail}" if reason.detail else reason.title
    push = {"disconnect": {"code": reason.disconnect, "reason": told}}
    return strict_json.dumps({"push": push})
