"""Generates docs/limits.md from the constants and declarations that set the limits."""

from collections import defaultdict
from collections.abc import Iterable

from docs.generator.openapi import apis
from docs.generator.pages import GENERATED
from docs.generator.tables import table
from gatehouse import challenges, limits
from gatehouse.flows.accounts import read_events
from gatehouse.flows.realtime import connect, join, read_history, subscribe
from gatehouse.http import bodies
from gatehouse.identity import MAX_ADDRESS
from gatehouse.limits import CONFIRM_PASSWORD, Limit, Rate
from gatehouse.passwords import MAX_CHARACTERS
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import MAX_NAME, RULES, Rule
from gatehouse.settings import Settings
from gatehouse.stores import (
    codes,
    devices,
    events,
    links,
    registrations,
    sessions,
    trusted_networks,
    users,
)
from gatehouse.tokens import ACCESS_LIFE
from gatehouse.websocket import budget, frame_lock, frames

MINUTE, HOUR, DAY = 60, 3_600, 86_400
UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))

_RATES = """\
## HTTP rate limits

Each attempt is counted before anything is hashed, read or sent. A caller over a limit gets
`429 too_many_requests` with `Retry-After`. Attempts from a client address from which the owner
signed in, or reset the password, have their own count for the account, so strangers cannot lock the
owner out there. They can make an owner at a new address wait for the next window, or reset the
password by email. A client address is one IPv4 address or one IPv6 /64. In addition,
`ThrottlingRateLimit` in template.yaml limits both gateways for the whole deployment.

The routes with a limit per mailbox share one counter for a mailbox with all of its aliases, and the
owner's addresses together have half as many more.

A refresh token is verified before it is counted. A genuine one counts for its session and client
address, any other only for its client address.
"""


def limits_page() -> str:
    """Returns the whole page as Markdown."""
    parts = ["# Limits\n", GENERATED, _RATES, table(_HEAD, _rates()), ""]
    parts += ["## Sizes and lifetimes\n", table("| | |", _sizes()), ""]
    parts += ["## On the socket\n", table("| | |", _socket()), ""]
    parts += ["## Channels\n", _CHANNELS, table(_RULES, map(_rule, RULES.lines)), ""]
    return "\n".join(parts)


_HEAD = "| Routes | Per client address | Per account | Per account and client address |"
_HEAD += " Per refresh token and client address | Per session"
_HEAD += " | Whole deployment | Per mailbox |"

_RULES = "| Pattern | History | Lifetime | Join and leave events | Ephemeral | Shards |"

_CHANNELS = """\
The first rule whose pattern matches a channel's name applies. It sets how much history the channel
keeps and for how long. Operators edit the rules
([add a channel rule](guides/add-a-channel-rule.md)).
"""


def _rates() -> Iterable[tuple[str, ...]]:
    users: dict[Limit, list[str]] = defaultdict(list)
    for route in (route for api in apis().values() for route in api.routes):
        if route.limit:
            users[route.limit].append(f"`{route.method} {route.path}`")
    users[CONFIRM_PASSWORD].append("every route that asks a signed-in user for the password")
    for limit, routes in users.items():
        strangers = (limit.per_address, limit.per_account, limit.per_pair)
        sessions = (limit.per_token, limit.per_session)
        rates = (*strangers, *sessions, limit.for_everybody, limit.per_mailbox)
        yield ", ".join(routes), *map(_rate, rates)


def _sizes() -> Iterable[tuple[str, str]]:
    budget = f"{Settings().mail_budget} an hour (`MAIL_BUDGET`), and as many resets"
    yield "Emails that strangers cause", f"{budget}; the same again with a solved challenge"
    yield "Challenge", f"{_time(challenges.LIFE)}, used once"
    yield "Request body", f"{_kilobytes(bodies.MAX_BODY)}; a larger one gets `413 body_too_large`"
    yield "Email address", f"{MAX_ADDRESS} characters"
    least = Settings().min_password_length
    yield "Password", f"{least} (`MIN_PASSWORD_LENGTH`) to {MAX_CHARACTERS} characters"
    yield "Access token", _time(ACCESS_LIFE)
    idle, whole = _time(sessions.IDLE_LIFE), _time(sessions.ABSOLUTE_LIFE)
    yield "Session", f"{idle} without a refresh, {whole} in total"
    oldest = "when one more starts, the one that was refreshed longest ago ends"
    yield "Sessions per user", f"{users.MAX_SESSIONS}; {oldest}"
    grace, lost = _time(sessions.REFRESH_GRACE), _time(sessions.LOST_ANSWER)
    yield "Refresh token used again", f"the same successor for {grace}, a new one for {lost}"
    remembered = f"{devices.MOST} per user, each for {_time(devices.LIFE)} after its last sign-in"
    yield "Remembered devices", remembered
    known = f"{trusted_networks.MOST} per account, each for {_time(limits.TRUST)}"
    yield "Known client addresses", f"{known} after its last sign-in"
    yield "Emailed link, emailed code", f"{_time(links.LINK_LIFE)}, {_time(codes.LIFE)}"
    yield "Unverified registration", _time(registrations.LIFE)
    folded = "wrong passwords of a day are one event"
    yield "Audit event", f"{_time(events.LIFE)}; {read_events.PAGE} per page; {folded}"


def _socket() -> Iterable[tuple[str, str]]:
    frame = _kilobytes(pushes.MAX_FRAME)
    closed = "API Gateway closes the connection with 1009 after a larger one, and the JavaScript "
    closed += "client then does not reconnect. A first frame with about 90 subscription tokens is "
    closed += "that large: use channels without tokens"
    yield "Frame from a client", f"{frame}. {closed}"
    yield "Frame to a client", f"publications are combined up to {frame}"
    channels = f"{subscribe.MAX_CHANNELS}, plus the user's personal channel; more get error 106"
    yield "Channels per connection", channels
    yield "Connections per user", f"{connect.MAX_CONNECTIONS}; a further one is closed with 3504"
    spent = f"{budget.MAX_SPENT} in {budget.WINDOW} s, more get error 111"
    waiting = f"{frame_lock.MAX_BACKLOG} waiting for their turn, more close the connection with"
    yield "Commands per connection", f"{spent}; {waiting} 3013"
    posts = f"{Settings().broadcast_budget:,} posts a second for the whole deployment"
    dropped = "the excess is dropped, so channels with more members get none"
    yield "Ephemeral posts and presence events", f"{posts}; {dropped}"
    yield "History", f"{read_history.MOST:,} publications per reply"
    most = f"{join.MOST_RECOVERED} publications or {_kilobytes(join.MOST_BYTES)}"
    missed = "and no more than the rule keeps; beyond that the client learns that it missed some"
    yield "Recovery", f"{most}, {missed}"
    allowed = "letters, digits, `_`, `-`, and single `.` or `:` between them"
    yield "Channel name", f"{MAX_NAME} characters: {allowed}"
    yield "JSON nesting", f"{frames.MAX_DEPTH} levels"


def _rule(rule: Rule) -> tuple[str, ...]:
    history = "none" if rule.ephemeral else f"{rule.history_size:,} publications"
    life = "" if rule.ephemeral else _time(rule.history_life)
    flags = ("yes" if flag else "no" for flag in (rule.join_leave, rule.ephemeral))
    return f"`{rule.pattern}`", history, life, *flags, str(rule.shards)


def _rate(rate: Rate | None) -> str:
    return (
        f"{rate.most:,} in {_time(rate.window)}".replace("in 1 h", "an h").replace("in 1 ", "a ")
        if rate
        else ""
    )


def _time(seconds: int) -> str:
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0)
    number = seconds // size
    return f"{number} {unit}{'s' if number > 1 else ''}"


def _kilobytes(size: int) -> str:
    return f"{size // 1024} KB"
