"""How often something may be tried: counted before anything is hashed, read or sent.

Counters are DynamoDB items of fixed windows, so a burst at a border can reach twice a limit. They
count the address that was submitted, whether or not it has an account, and success clears none.
A table that does not answer refuses (``Unavailable``): a limit that cannot be read is no limit.

Nobody can lock somebody else out: the counter of an account holds for strangers only. A client
address from which its owner signed in has a counter of its own for that account, and so has each
session where one is needed to try at all: whoever stole one cannot use up what others have left.
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gatehouse.backend.root import Backend
from gatehouse.errors import TooManyRequests
from gatehouse.identity import Device

MINUTE, HOUR, DAY = 60, 3_600, 86_400

SHARDS = 8
"""Parts of a counter that everybody shares: one item takes 1,000 writes a second at most."""

TRUST = 30 * DAY
"""Seconds for which the client address of a sign-in is remembered as one of the owner's."""


class Rate(NamedTuple):
    """At most so many in a window of so many seconds."""

    most: int
    window: int


@dataclass(frozen=True, slots=True)
class Limit:
    """The rates of one thing that can be tried. A rate that is None does not apply."""

    name: str
    per_address: Rate | None = None
    """For one client address: a single IPv4 address, a /64 of IPv6."""
    per_account: Rate | None = None
    """For one account, or one e-mail address that may have none."""
    per_pair: Rate | None = None
    """For one account from one client address: a single stranger shall not use up the rate of the
    account, where its owner cannot be told from strangers yet."""
    for_everybody: Rate | None = None


LOG_IN = Limit(
    name="log-in",
    per_address=Rate(30, MINUTE),
    per_account=Rate(10, 5 * MINUTE),
    for_everybody=Rate(6_000, MINUTE),
)
REGISTER = Limit(
    name="register",
    per_address=Rate(20, MINUTE),
    per_account=Rate(20, HOUR),
    per_pair=Rate(5, HOUR),
    for_everybody=Rate(3_000, MINUTE),
)
VERIFY = Limit(
    name="verify",
    per_address=Rate(30, MINUTE),
    per_account=Rate(20, DAY),
    per_pair=Rate(10, DAY),
)
"""A six-digit code is guessed with a chance of 20 in a million a day."""

ASK_FOR_MAIL = Limit(name="mail", per_address=Rate(20, MINUTE), per_account=Rate(5, HOUR))
"""Whatever sends a mail on request: nobody's mailbox can be flooded."""

USE_LINK = Limit(name="link", per_address=Rate(30, MINUTE))
REFRESH = Limit(name="refresh", per_address=Rate(300, MINUTE))
CONFIRM_PASSWORD = Limit(name="confirm", per_address=Rate(30, MINUTE), per_account=Rate(10, HOUR))
"""Guessing the password with the tokens of a stolen session: counted for that session, so that
the owner can change the password meanwhile, from home in the same one or anywhere in a new one."""


def count(
    backend: Backend,
    limit: Limit,
    device: Device,
    account: str | None = None,
    *,
    session_id: str = "",
) -> None:
    """Counts one try against every rate of a limit.

    Args:
        account: the canonical e-mail address that the try is about.
        session_id: the session that it comes with, where there has to be one. Sessions are begun
            with the password only, so nobody guesses more often by having many.

    Raises:
        TooManyRequests: one of the rates is used up; ``retry_after`` says until when.
        Unavailable: the counters cannot be read.
    """
    now = backend.clock.now()
    for name, subject, rate in _counters(backend, limit, device, account, session_id):
        window, passed = divmod(now, rate.window)
        ttl = now + 2 * rate.window
        most = rate.most * backend.settings.limit_factor
        if not backend.accounts.counters.count(name, subject, window, most=most, ttl=ttl):
            raise TooManyRequests(retry_after=rate.window - passed)


def trust(backend: Backend, device: Device, account: str) -> None:
    """Remembers that the owner of an account is at this client address."""
    subject = _hash(backend, "trust", account, _network(device.address))
    backend.accounts.counters.mark(subject, backend.clock.now() + TRUST)


def _counters(
    backend: Backend, limit: Limit, device: Device, account: str | None, session_id: str
) -> Iterator[tuple[str, str, Rate]]:
    network = _network(device.address)
    if limit.per_address:
        yield f"{limit.name}-address", _hash(backend, "address", network), limit.per_address
    if limit.per_pair and account is not None:
        yield f"{limit.name}-pair", _hash(backend, "pair", account, network), limit.per_pair
    if limit.per_account and account is not None:
        place = network if _is_trusted(backend, network, account) else ""
        subject = _hash(backend, "account", account, place, session_id)
        yield f"{limit.name}-account", subject, limit.per_account
    if limit.for_everybody:
        most, window = limit.for_everybody.most // SHARDS, limit.for_everybody.window
        yield f"{limit.name}-all", str(secrets.randbelow(SHARDS)), Rate(most, window)


def _is_trusted(backend: Backend, network: str, account: str) -> bool:
    return backend.accounts.counters.is_marked(
        _hash(backend, "trust", account, network), backend.clock.now()
    )


def _network(address: str) -> str:
    """The client address, or the network that one subscriber of IPv6 has to choose from."""
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
    """A name for the table that tells neither mail nor client addresses to its readers."""
    key = backend.keys.derived_key("limits")
    return hashlib.blake2b("\n".join(parts).encode(), key=key, digest_size=16).hexdigest()
