"""An example for the reply to every command of the socket, and for every push.

Tests compare them with the replies and pushes that are really sent.
"""

from typing import Any

from gatehouse import __version__

_USER, _CLIENT = "5b1f2c3d4e5f60718293a4b5c6d7e8f9", "5a5fa0fc-ca1a-4013-9fb0-c44de68bc5fb"
_INFO = {"user": _USER, "client": _CLIENT}
_EPOCH = "8609a199"
_ROOM = "room:lobby"
_PUBLICATION = {"offset": 17, "data": {"text": "hello"}, "info": _INFO}
_POSITION = {"recoverable": True, "positioned": True, "epoch": _EPOCH, "offset": 16}

REPLIES: dict[str, dict[str, Any]] = {
    "connect": {
        "client": _CLIENT,
        "version": __version__,
        "ping": 540,
        "pong": False,
        "expires": True,
        "ttl": 900,
        "subs": {f"user:{_USER}": {**_POSITION, "epoch": "da32f5c3", "offset": 2}},
    },
    "refresh": {"client": _CLIENT, "version": __version__, "expires": True, "ttl": 900},
    "subscribe": _POSITION,
    "sub_refresh": {"expires": True, "ttl": 600},
    "unsubscribe": {},
    "publish": {},
    "history": {"publications": [_PUBLICATION], "epoch": _EPOCH, "offset": 17},
    "presence": {"presence": {_CLIENT: _INFO}},
    "presence_stats": {"num_clients": 1, "num_users": 1},
    "rpc": {
        "data": {"time": "2026-11-20T09:58:24Z", "seconds": 1795168704, "version": __version__}
    },
}

PUSHES: dict[str, dict[str, Any]] = {
    "pub": {"channel": _ROOM, "pub": _PUBLICATION},
    "join": {"channel": _ROOM, "join": {"info": _INFO}},
    "leave": {"channel": _ROOM, "leave": {"info": _INFO}},
    "unsubscribe": {
        "channel": _ROOM,
        "unsubscribe": {"code": 2500, "reason": "insufficient state"},
    },
    "disconnect": {"disconnect": {"code": 3005, "reason": "connection expired"}},
}

PUSH_MEANINGS = {
    "pub": "A publication in a channel of the connection.",
    "join": "A connection entered the channel. Sent where the channel's rule says `join_leave`.",
    "leave": "A connection left the channel. Sent where the channel's rule says `join_leave`.",
    "unsubscribe": "The server ended a subscription. At 2500 and above, clients subscribe again.",
    "disconnect": "The server is about to close the connection, for the reason given.",
}
