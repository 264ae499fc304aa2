"""docs/limits.md: how much and how often, from the constants and declarations that hold it."""

from collections import defaultdict
from collections.abc import Iterable

from docs.generator.openapi import apis
from docs.generator.pages import GENERATED
from gatehouse.flows.accounts import read_events
from gatehouse.flows.realtime import connect, join, read_history, subscribe
from gatehouse.http import bodies
from gatehouse.identity import MAX_ADDRESS
from gatehouse.limits import CONFIRM_PASSWORD, Limit, Rate
from gatehouse.passwords import MAX_CHARACTERS
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import MAX_NAME, RULES, Rule
from gatehouse.settings import Settings
from gatehouse.stores import devices, events, links, registrations, sessions
from gatehouse.tokens import ACCESS_LIFE
from gatehouse.websocket import budget, frame_lock, frames

MINUTE, HOUR, DAY = 60, 3_600, 86_400
UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))

_RATES = """\
## Tries over HTTP

Counted before anything is hashed, read or sent; whoever comes more often gets
`429 too_many_requests` with `Retry-After`, and waits. Nobody is locked out: strangers use up
another count than the addresses that the owner signed in from. A client address is an IPv4 address,
or a /64 of IPv6. Above all of it stand the bounds of both gateways for the whole deployment,
`ThrottlingRateLimit` in template.yaml.
"""


def limits_page() -> str:
    """The whole page."""
    parts = ["# Limits\n", GENERATED, _RATES, _table(_HEAD, _rates()), ""]
    parts += ["## Sizes and lives\n", _table("| | |", _sizes()), ""]
    parts += ["## On the socket\n", _table("| | |", _socket()), ""]
    parts += ["## Channels\n", _CHANNELS, _table(_RULES, map(_rule, RULES.lines)), ""]
    return "\n".join(parts)


_HEAD = (
    "| routes | of one client address | about one account | about one account from one address |"
)
_HEAD += " of everybody |"

_RULES = "| pattern | kept | for | told of joins and leaves | ephemeral | shards |"

_CHANNELS = """\
Each rule says what is given out of a channel's past; an operator edits them
([add a channel rule](guides/add-a-channel-rule.md)).
"""


def _rates() -> Iterable[tuple[str, ...]]:
    users: dict[Limit, list[str]] = defaultdict(list)
    for route in (route for api in apis().values() for route in api.routes):
        if route.limit:
            users[route.limit].append(f"`{route.method} {route.path}`")
    users[CONFIRM_PASSWORD].append("whatever asks a signed-in user for the password")
    for limit, routes in users.items():
        rates = (limit.per_address, limit.per_account, limit.per_pair, limit.for_everybody)
        yield ", ".join(routes), *map(_rate, rates)


def _sizes() -> Iterable[tuple[str, str]]:
    yield "a body", f"{_kilobytes(bodies.MAX_BODY)}; more is `413 body_too_large`"
    yield "an e-mail address", f"{MAX_ADDRESS} characters"
    least = Settings().min_password_length
    yield "a password", f"{least} (`MIN_PASSWORD_LENGTH`) to {MAX_CHARACTERS} characters"
    yield "an access token", _time(ACCESS_LIFE)
    idle, whole = _time(sessions.IDLE_LIFE), _time(sessions.ABSOLUTE_LIFE)
    yield "a session", f"{idle} without a refresh, {whole} in all"
    yield "devices that are known again", f"{devices.MOST} of a user, {_time(devices.LIFE)}"
    yield "a mailed link, a mailed code", f"{_time(links.LINK_LIFE)}, {_time(links.CODE_LIFE)}"
    yield "a registration that nobody verifies", _time(registrations.LIFE)
    yield "an event of the audit trail", f"{_time(events.LIFE)}; {read_events.PAGE} to a page"


def _socket() -> Iterable[tuple[str, str]]:
    frame = _kilobytes(pushes.MAX_FRAME)
    closed = (
        "or API Gateway closes the connection with 1009, after which the JavaScript client does "
    )
    closed += "not come back. A first frame with about 90 subscription tokens is that large: use "
    closed += "channels without tokens"
    yield "a frame from a client", f"{frame}, {closed}"
    yield "a frame to a client", f"publications are put together up to {frame}"
    channels = f"{subscribe.MAX_CHANNELS}, besides the server's choice; more are answered 106"
    yield "channels of a connection", channels
    yield "connections of a user", f"{connect.MAX_CONNECTIONS}; one more is closed with 3504"
    spent = f"{budget.MAX_SPENT} in {budget.WINDOW} s, more are answered 111"
    waiting = f"{frame_lock.MAX_BACKLOG} that wait for their turn, then 3013"
    yield "commands of a connection", f"{spent}; {waiting}"
    posts = f"{Settings().broadcast_budget:,} posts a second of the whole deployment"
    dropped = "what goes beyond is dropped, so channels with more members get none"
    yield "ephemeral posts and presence events", f"{posts}; {dropped}"
    yield "history", f"{read_history.MOST:,} publications an answer"
    most = f"{join.MOST_RECOVERED} publications or {_kilobytes(join.MOST_BYTES)}"
    missed = (
        "and no more than the rule keeps; otherwise the client is told that it missed something"
    )
    yield "recovery", f"{most}, {missed}"
    mails = "letters, digits, `_`, `-`, and single `.` or `:` between them"
    yield "a channel's name", f"{MAX_NAME} characters: {mails}"
    yield "nesting of JSON", f"{frames.MAX_DEPTH} levels"


def _rule(rule: Rule) -> tuple[str, ...]:
    history = "nothing" if rule.ephemeral else f"{rule.history_size:,} publications"
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


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    line = "|---" * (head.count("|") - 1) + "|"
    return "\n".join([head, line, *(f"| {' | '.join(row)} |" for row in rows)])
