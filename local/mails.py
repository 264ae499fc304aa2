"""Shows each email that the stack sends as one line in the terminal."""

import json
from base64 import b64decode
from email import message_from_bytes
from typing import Any

from local.frontdoor import Application, Message, Receive, Scope, Send
from local.terminal import paint, say

_SEND_PATH = "/v2/email/outbound-emails"


def shown(aws: Application) -> Application:
    """Wraps `aws` so that each request to send an email is also shown."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != _SEND_PATH:
            await aws(scope, receive, send)
            return
        body = bytearray()

        async def receive_and_keep() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await aws(scope, receive_and_keep, send)
        _show(bytes(body))

    return application


def _show(body: bytes) -> None:
    try:
        request = json.loads(body)
        to = ", ".join(request.get("Destination", {}).get("ToAddresses", []))
        say(f"{paint('mail', 'yellow'):<12} to {to}: {paint(_subject(request['Content']), 'bold')}")
    except (ValueError, LookupError):
        say("mail  (unreadable)")


def _subject(content: dict[str, Any]) -> str:
    if "Simple" in content:
        return str(content["Simple"]["Subject"]["Data"])
    return str(message_from_bytes(b64decode(content["Raw"]["Data"]))["subject"])
