"""The sample events of events/, adapted for tests."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EVENTS = ROOT / "events"
HTTP_PREFIXES = ("get-", "post-", "put-", "patch-", "delete-")

Event = dict[str, Any]


def sample(name: str) -> Event:
    """Returns the event of events/<name>.json, a new copy on each call."""
    loaded: Event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def names() -> list[str]:
    """Returns the names of all samples except those of the socket."""
    stems = (path.stem for path in sorted(EVENTS.glob("*.json")))
    return [name for name in stems if not name.startswith("socket-")]


def http_names() -> list[str]:
    """Returns the names of the samples of HTTP routes."""
    return [name for name in names() if name.startswith(HTTP_PREFIXES)]


def http(
    name: str,
    body: object = ...,
    *,
    token: str | None = None,
    headers: dict[str, str | None] | None = None,
) -> Event:
    """Returns the sample of a route with other content.

    Args:
        body: sent as JSON. Defaults to the sample's own body.
        token: an access token.
        headers: replace headers of the sample. None removes one.
    """
    event = sample(name) if body is ... else http_raw(name, json.dumps(body))
    changes = {**({"authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
    merged = {**event["headers"], **changes}
    event["headers"] = {key: value for key, value in merged.items() if value is not None}
    return event


def http_raw(name: str, body: str | bytes | None) -> Event:
    """Returns the sample of a route with an unchanged body. Bytes arrive as Base64."""
    event = sample(name)
    event.pop("body", None)
    if body is not None:
        event["isBase64Encoded"] = isinstance(body, bytes)
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    event["headers"]["content-length"] = str(len(body or ""))
    return event


def body_of(name: str) -> dict[str, Any]:
    """Returns the parsed body of a sample."""
    body: dict[str, Any] = json.loads(sample(name)["body"])
    return body


def wake_event(*bodies: str) -> Event:
    """Returns the sample of the wake queue with these messages."""
    return _records("delivery-wake", bodies)


def check_event(*bodies: str) -> Event:
    """Returns the sample of the queue of delayed checks with these messages."""
    return _records("maintenance-check", bodies)


def mail_event(*bodies: str) -> Event:
    """Returns the sample of the mail queue with these messages."""
    return _records("mailer-sqs", bodies)


def _records(name: str, bodies: Iterable[str]) -> Event:
    (record,) = sample(name)["Records"]
    numbered = enumerate(bodies)
    return {"Records": [{**record, "messageId": f"m{n}", "body": text} for n, text in numbered]}
