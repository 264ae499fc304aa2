"""A user, signed in and connected, as the tables hold them; and the events that concern them."""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

from tests.support import events, sockets
from tests.support.tables import items
from tests.support.world import PASSWORD, START, World, new_world

ADDRESS = "ada@example.com"
CHANNEL = "room:lobby"
CONNECTION = "L0SM9c1="

Event = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """What a function finds on AWS, in its environment, and in its events."""

    items: dict[tuple[str, str, str], dict[str, Any]]
    secrets: dict[str, str]
    environment: dict[str, str]
    events: dict[str, Event]


def new_scene() -> Scene:
    """The scene as of now, so that its tokens are good."""
    with new_world() as world:
        world.clock.advance(int(time.time()) - START)
        made = _events(world)
        return Scene(_items(world), _secrets(world), _environment(world), made)


def _events(world: World) -> dict[str, Event]:
    """One event for each function, by the name of its folder."""
    user = world.user(ADDRESS, name="Ada")
    tokens = world.sign_in(user)
    hall = sockets.Hall(world)
    hall.delivering = False
    hall.member(CHANNEL, user).result("publish", channel=CHANNEL, data={"text": "hello"})
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
        "realtime": sockets.frame_event(CONNECTION, json.dumps(message)),
        "delivery": events.wakes(json.dumps(asdict(hall.wakes()[0]))),
        "mailer": events.sample("mailer-sqs"),
        "rotation": events.sample("rotation-tick"),
        "maintenance": events.sample("maintenance-tick"),
    }


def _items(world: World) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {
        (table, item["pk"]["S"], item["sk"]["S"]): item
        for table in ("AccountsTable", "RealtimeTable")
        for item in items(world.dynamodb, table)
    }


def _secrets(world: World) -> dict[str, str]:
    settings = world.backend.settings
    arns = (settings.pepper_secret, settings.refresh_secret, settings.signing_secret)
    return {arn: world.backend.secrets.read(arn) for arn in arns}


def _environment(world: World) -> dict[str, str]:
    settings = world.backend.settings
    given = {name.upper(): value for name, value in asdict(settings).items()}
    plain = {name: _text(value) for name, value in given.items()}
    return plain | {"JWKS": json.dumps(world.backend.keys.public_keys.read())}


def _text(value: object) -> str:
    """As the template writes it."""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
