"""Rate limits: attempts are counted before anything is hashed, read or sent.

Counters are DynamoDB items of fixed windows, so a burst at the border of two windows can reach
twice a limit. They count the submitted email address, whether or not it has an account, and a
success clears none of them. If the table does not respond, the attempt is refused
(``Unavailable``): a limit that cannot be read would be no limit.

An account's common counter is only for client addresses that its owner has not proven to use. Each
address from which the owner signed in, or used a link to reset the password, has a separate counter
for that account, and so does each session, where an operation requires one. A thief of one session
cannot exhaust the attempts of the others. What remains: an attacker who keeps guessing makes an
owner at a new address wait for the next window, or reset the password.

Nor can a neighbor behind the same address exhaust the refreshes of others: forged tokens have a
counter apart from genuine ones.
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gatehouse.backend.root import Backend
from gatehouse.errors import TooManyRequests
from gatehouse.identity import Device, known_address, mailbox

if TYPE_CHECKING:
    from gatehouse.stores.table import Write
    from gatehouse.stores.trusted_networks import Owner
    from gatehouse.stores.users import User

MINUTE, HOUR, DAY = 60, 3_600, 86_400

SHARDS = 8
"""Parts of a counter that all clients share. One item takes at most 1,000 writes a second."""

TRUST = 30 * DAY
"""Seconds for which a client address counts as one of the owner's after a sign-in."""


class Rate(NamedTuple):
    """At most ``most`` attempts in a window of ``window`` seconds."""

    most: int
    window: int


@dataclass(frozen=True, slots=True)
class Limit:
    """The rates of one operation. A rate that is None does not apply."""

    name: str
    per_address: Rate | None = None
    """For one client address: a single IPv4 address, or an IPv6 /64 network."""
    per_account: Rate | None = None
    """For one account, or one email address that may have no account."""
    per_pair: Rate | None = None
    """For one account from one client address. It keeps a single stranger from exhausting the
    account's rate while its owner cannot be distinguished from strangers."""
    per_session: Rate | None = None
    """For one session, wherever its requests come from."""
    per_token: Rate | None = None
    """For one session from one client address, in place of ``per_address`` where a genuine token
    proves the session. Neither forged tokens nor other sessions from that address use it up, nor
    does a thief of the token elsewhere."""
    for_everybody: Rate | None = None
    """For all clients together."""
    per_mailbox: Rate | None = None
    """For one mailbox with all of its aliases, over all limits that have this rate."""


MAILBOX = Rate(10, HOUR)
"""Mails that strangers can cause in one mailbox, whatever they request. The client addresses of
earlier sign-ins together have half as many more, which strangers cannot use up."""

LOG_IN = Limit(
    name="log-in",
    per_address=Rate(30, MINUTE),
    per_account=Rate(10, 5 * MINUTE),
    for_everybody=Rate(6_000, MINUTE),
)
REGISTER = Limit(
    name="register",
    per_address=Rate(20, MINUTE),
    per_pair=Rate(5, HOUR),
    for_everybody=Rate(3_000, MINUTE),
    per_mailbox=MAILBOX,
)
VERIFY = Limit(
    name="verify",
    per_address=Rate(30, MINUTE),
    per_account=Rate(20, DAY),
    per_pair=Rate(10, DAY),
)
"""An address has one live code of six digits, which ``stores.codes`` lets be tried 10 times. So a
code is guessed with a chance of at most 10 in a million, wherever a window ends. This limit lets
strangers try 20 times a UTC day at one address: a chance of at most 20 in a million a day, over all
its codes. A client address that an account of this address used in the last 30 days has 10 tries of
its own, which matter only after that account was deleted or moved."""

ASK_FOR_MAIL = Limit(
    name="mail", per_address=Rate(20, MINUTE), per_account=Rate(5, HOUR), per_mailbox=MAILBOX
)
"""Operations that send a mail on request, so that no mailbox can be flooded."""

USE_SESSION = Limit(name="session", per_session=Rate(120, MINUTE))
"""Operations of a signed-in user that read or write several items. Many times what a client needs,
and each session has its own count: the thief of one cannot exhaust the others."""

USE_LINK = Limit(name="link", per_address=Rate(30, MINUTE))
REFRESH = Limit(name="refresh", per_address=Rate(300, MINUTE), per_token=Rate(60, MINUTE))
"""Uses of a refresh token. Those that are not genuine count per client address."""

CONFIRM_PASSWORD = Limit(name="confirm", per_address=Rate(30, MINUTE), per_account=Rate(10, HOUR))
"""Operations that need the password again. A thief of a session's tokens could guess it there, so
attempts are counted per session. The owner can still change the password: in the same session from
an address of an earlier sign-in, or from anywhere in a new session."""


def count(
    backend: Backend,
    limit: Limit,
    device: Device,
    account: str | None = None,
    *,
    session_id: str = "",
) -> None:
    """Counts one attempt against every rate of a limit.

    Args:
        account: the canonical email address that the attempt concerns.
        session_id: the session of the attempt, proven by a token, if the operation requires one.
            Only the password starts a session, so a guesser gains no attempts by having many.

    Raises:
        TooManyRequests: a rate is exhausted. ``retry_after`` is the rest of its window in seconds.
        Unavailable: the counters cannot be read.
    """
    now = backend.clock.now()
    for name, subject, rate in _counters(backend, limit, device, account, session_id):
        window, passed = divmod(now, rate.window)
        ttl = now + 2 * rate.window
        most = rate.most * backend.settings.limit_factor
        if not backend.accounts.counters.count(name, subject, window, most=most, ttl=ttl):
            raise TooManyRequests(retry_after=rate.window - passed)


def trust(backend: Backend, user: "User", device: Device) -> None:
    """Remembers a client address as one of the account owner's, for ``TRUST`` seconds.

    Does nothing if the password was changed since the user was read.
    """
    backend.accounts.trusted_networks.add(*_trusted(backend, user, user.token_epoch, device))


def trusting_only(backend: Backend, user: "User", device: Device) -> "Write":
    """Returns the write that remembers this client address and forgets all others.

    It belongs to the transaction that starts the user's next token epoch.
    """
    trusted = _trusted(backend, user, user.token_epoch + 1, device)
    return backend.accounts.trusted_networks.replacing(*trusted)


def _trusted(
    backend: Backend, user: "User", epoch: int, device: Device
) -> "tuple[str, Owner, str, int]":
    from gatehouse.stores.trusted_networks import Owner

    account = known_address(user.email).canonical
    return (
        _hash(backend, "account", account),
        Owner(_hash(backend, "owner", user.id), epoch),
        _network_name(backend, account, _network(device.address)),
        backend.clock.now() + TRUST,
    )


def is_trusted(backend: Backend, device: Device, account: str) -> bool:
    """Whether the account's owner signed in from this client address within ``TRUST`` seconds."""
    return _is_trusted(backend, _network(device.address), account)


def place_of(backend: Backend, device: Device, account: str) -> str:
    """Returns a keyed hash of a client address, to compare with others of the same account."""
    return _hash(backend, "place", account, _network(device.address))


def _counters(
    backend: Backend, limit: Limit, device: Device, account: str | None, session_id: str
) -> Iterator[tuple[str, str, Rate]]:
    network = _network(device.address)
    if limit.per_session and session_id:
        # Session IDs are random. A hash of one would need a secret that few functions have.
        yield f"{limit.name}-session", session_id, limit.per_session
    if limit.per_token and session_id:
        subject = _hash(backend, "session", session_id, network)
        yield f"{limit.name}-session", subject, limit.per_token
    elif limit.per_address:
        yield f"{limit.name}-address", _hash(backend, "address", network), limit.per_address
    if limit.per_pair and account is not None:
        yield f"{limit.name}-pair", _hash(backend, "pair", account, network), limit.per_pair
    if account is not None and (limit.per_account or limit.per_mailbox):
        is_owners = _is_trusted(backend, network, account)
        if limit.per_account:
            place = network if is_owners else ""
            subject = _hash(backend, "account", account, place, session_id)
            yield f"{limit.name}-account", subject, limit.per_account
        if limit.per_mailbox:
            yield _of_mailbox(backend, limit.per_mailbox, account, is_owners=is_owners)
    if limit.for_everybody:
        most, window = limit.for_everybody.most // SHARDS, limit.for_everybody.window
        yield f"{limit.name}-all", str(secrets.randbelow(SHARDS)), Rate(most, window)


def _of_mailbox(
    backend: Backend, rate: Rate, account: str, *, is_owners: bool
) -> tuple[str, str, Rate]:
    # Not by the single client address: an owner has many, and a mailbox has one.
    subject = _hash(backend, "mailbox", mailbox(account), "owner" if is_owners else "")
    return "mailbox", subject, Rate(rate.most // 2, rate.window) if is_owners else rate


def _is_trusted(backend: Backend, network: str, account: str) -> bool:
    return backend.accounts.trusted_networks.includes(
        _hash(backend, "account", account),
        _network_name(backend, account, network),
        backend.clock.now(),
    )


def _network_name(backend: Backend, account: str, network: str) -> str:
    """Returns the short hash that names a network in the item of an account."""
    return _hash(backend, "trust", account, network)[:16]


def _network(address: str) -> str:
    """Returns the IPv4 address, or the /64 network from which one IPv6 subscriber chooses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _hash(backend: Backend, *parts: str) -> str:
    """Returns a keyed hash, so that the table reveals neither email nor client addresses."""
    key = backend.keys.derived_key("limits")
    return hashlib.blake2b("\n".join(parts).encode(), key=key, digest_size=16).hexdigest()
