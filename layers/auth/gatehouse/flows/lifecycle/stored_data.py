"""What is stored about a user: whether it is exported, and what a deletion leaves for how long.

The one list that the export, the removal and docs/accounts.md are compared with. Each function of
``stores/item_keys.py`` is on it.
"""

from dataclasses import dataclass

from gatehouse.limits import DAY, HOUR, TRUST
from gatehouse.realtime.channels import RULES
from gatehouse.stores import codes, connections, links, mails, streams

DEAD_LETTERS_LIFE, LOGS_LIFE, BACKUPS_LIFE = 14 * DAY, 30 * DAY, 35 * DAY
"""Seconds, as template.yaml sets them. The last one is DynamoDB's."""

REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One line of the list."""

    what: str
    keys: tuple[str, ...] = ()
    """The functions of ``item_keys`` that name its items. Empty if no table holds it."""
    export: tuple[str, ...] = ()
    """The parts of the export that show it. Empty if it is not included."""
    afterwards: str = REMOVED
    """What happens to it when the account is deleted: removed, or stays for how long."""


def _up_to(seconds: int) -> str:
    size, unit = (DAY, "day") if seconds % DAY == 0 else (HOUR, "hour")
    number = -(-seconds // size)
    return f"stays up to {number} {unit}{'s' if number > 1 else ''}"


_HISTORY = max(rule.history_life for rule in RULES.lines) + streams.LINGER

STORED_DATA = (
    Stored(what="profile and devices", keys=("user",), export=("profile", "devices")),
    Stored(what="password hash, and the claim to the address", keys=("user", "email")),
    Stored(what="sessions", keys=("session",), export=("sessions",)),
    Stored(
        what="events of the account; not exported is which operator caused one",
        keys=("event",),
        export=("events",),
    ),
    Stored(what="change of address", keys=("email_change",), export=("email_change",)),
    Stored(
        what="messages in the personal channel, and its position",
        keys=("publication", "stream", "cursor"),
        export=("messages",),
    ),
    Stored(
        what="open sockets and their places in channels",
        keys=("connection", "connection_of_user", "member"),
        afterwards=f"closed and removed; {_up_to(connections.LIFE)} if API Gateway does not answer",
    ),
    Stored(
        what="registrations that wait for the address: anyone may have typed them",
        keys=("registration",),
    ),
    Stored(
        what="messages posted in shared channels: text, name and user ID",
        keys=("publication",),
        afterwards=f"{_up_to(_HISTORY)}, as the channel's rule says",
    ),
    Stored(
        what="links from emails: a hash and the user ID; for a registration, the address",
        keys=("link",),
        afterwards=_up_to(links.LINK_LIFE),
    ),
    Stored(
        what="code of an address: a random value under a keyed hash",
        keys=("code",),
        afterwards=_up_to(codes.LIFE),
    ),
    Stored(what="the order to finish the end of sessions: the user ID", keys=("sweep",)),
    Stored(
        what="emails that are not sent yet: address and text",
        keys=("outbox_mail",),
        afterwards=f"sent within minutes; one that cannot be sent {_up_to(DEAD_LETTERS_LIFE)} "
        "among the dead letters",
    ),
    Stored(
        what="records that an email was sent: its kind and the user ID",
        keys=("delivered_mail",),
        afterwards=_up_to(mails.SENT_LIFE),
    ),
    Stored(
        what="counters of attempts, as keyed hashes",
        keys=("counter",),
        afterwards=_up_to(2 * DAY),
    ),
    Stored(
        what="client addresses of sign-ins, as keyed hashes",
        keys=("trusted_networks",),
        afterwards=_up_to(TRUST),
    ),
    Stored(what="the order to remove the account: the user ID", keys=("removal",)),
    Stored(
        what="logs: user IDs and client addresses, no email addresses",
        afterwards=_up_to(LOGS_LIFE),
    ),
    Stored(what="backups of the tables", afterwards=_up_to(BACKUPS_LIFE)),
)

NOT_ABOUT_USERS = ("public_keys",)
"""Functions of ``item_keys`` whose items say nothing about users."""
