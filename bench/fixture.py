"""A user who is signed in and connected, as stored in the tables, and one event per function."""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

from gatehouse import limits
from gatehouse.identity import Device
from harness import events, socket_harness
from harness.moto_backend import PASSWORD, START, MotoBackend, moto_backend
from harness.tables import items

ADDRESS = "ada@example.com"
CHANNEL = "room:lobby"
CONNECTION = "L0SM9c1="

Event = dict[str, Any]


@dataclass(frozen=True)
class Fixture:
    """What a function finds in AWS, in its environment and in its events."""

    items: dict[tuple[str, str, str], dict[str, Any]]
    secrets: dict[str, str]
    environment: dict[str, str]
    events: dict[str, Event]


def new_fixture() -> Fixture:
    """Returns a fixture as of now, so that its tokens are valid."""
    with moto_backend() as moto:
        moto.clock.advance(int(time.time()) - START)
        samples = _events(moto)
        return Fixture(_items(moto), _secrets(moto), _environment(moto), samples)


def _events(moto: MotoBackend) -> dict[str, Event]:
    """Returns one event for each function, by the name of its folder."""
    user = moto.user(ADDRESS, name="Ada")
    tokens = moto.sign_in(user)
    limits.trust(moto.backend, user, Device("192.0.2.1"))
    sockets = socket_harness.SocketHarness(moto)
    sockets.delivering = False
    sockets.member(CHANNEL, user).result("publish", channel=CHANNEL, data={"text": "hello"})
    message = {"id": 4, "publish": {"channel": CHANNEL, "data": {"text": "hello"}}}
    account = {"email": ADDRESS, "password": PASSWORD}
    refresh = {"refresh_token": tokens.refresh_token}
    return {
        "register": events.http("post-register", account),
        "login": events.http("post-login", account),
        "passwords": events.http("post-passwords-forgot", {"email": ADDRESS}),
        "emails": events.http(
            "post-emails-change",
            {"new_email": "ada@example.org", "password": PASSWORD},
            token=tokens.access_token,
        ),
        "pages": events.sample("get-app-config"),
        "sessions": events.http("post-sessions-refresh", refresh),
        "profile": events.http("get-profile", token=tokens.access_token),
        "wellknown": events.sample("get-jwks"),
        "realtime": socket_harness.frame_event(CONNECTION, json.dumps(message)),
        "delivery": events.wake_event(json.dumps(asdict(sockets.wakes()[0]))),
        "mailer": events.sample("mailer-sqs"),
        "rotation": events.sample("rotation-tick"),
        "maintenance": events.sample("maintenance-tick"),
    }


def _items(moto: MotoBackend) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {
        (table, item["pk"]["S"], item["sk"]["S"]): item
        for table in ("AccountsTable", "RealtimeTable")
        for item in items(moto.dynamodb, table)
    }


def _secrets(moto: MotoBackend) -> dict[str, str]:
    settings = moto.backend.settings
    arns = (settings.pepper_secret, settings.refresh_secret, settings.signing_secret)
    return {arn: moto.backend.secrets.read(arn) for arn in arns}


def _environment(moto: MotoBackend) -> dict[str, str]:
    settings = moto.backend.settings
    variables = {name.upper(): value for name, value in asdict(settings).items()}
    plain = {name: _text(value) for name, value in variables.items()}
    return plain | {"JWKS": json.dumps(moto.backend.keys.public_keys.read())}


def _text(value: object) -> str:
    """Returns the value as the template writes it."""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
