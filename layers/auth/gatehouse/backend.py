"""The composition root: everything that flows work with, made when it is first used.

Tests give other parts to the constructor: a clock that stands still, clients that fail. What only
some functions need (bcrypt, cryptography, mail) is imported by the property that uses it, because
imports are the cold start.
"""

import gc
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from gatehouse import aws
from gatehouse.clock import Clock, SystemClock
from gatehouse.errors import Unavailable
from gatehouse.realtime import crowd
from gatehouse.settings import Settings
from gatehouse.stores.counters import Counters
from gatehouse.stores.public_keys import PublicKeys
from gatehouse.stores.secrets import Secrets
from gatehouse.stores.sessions import Sessions
from gatehouse.stores.table import Table
from gatehouse.stores.users import Users

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    from gatehouse.app_tokens import ConnectionClaims, SubscriptionClaims
    from gatehouse.emails.outbox import Outbox
    from gatehouse.emails.post_office import PostOffice
    from gatehouse.identity import Identity
    from gatehouse.keyring import PrivateRing
    from gatehouse.passwords import Peppers
    from gatehouse.realtime.channels import Rules
    from gatehouse.realtime.checks import Checks
    from gatehouse.realtime.crowd import Crowd
    from gatehouse.realtime.doorbell import DeadBells, Doorbell
    from gatehouse.realtime.gateway import Gateway
    from gatehouse.stores.connections import Connections
    from gatehouse.stores.cursors import Cursors
    from gatehouse.stores.email_changes import EmailChanges
    from gatehouse.stores.events import Events
    from gatehouse.stores.links import Links
    from gatehouse.stores.mails import Mails
    from gatehouse.stores.members import Members
    from gatehouse.stores.registrations import Registrations
    from gatehouse.stores.removals import Removals
    from gatehouse.stores.streams import Streams
    from gatehouse.tokens import Party, Proven, RefreshKeys

T = TypeVar("T")

KEYS_LIFE = 300
"""Seconds for which keys are kept in memory: as long as others may keep the published set."""

UNKNOWN_KEY_LIFE = 30
"""The same for somebody who brings a key that is not in it: a stranger causes no more reads."""


SELDOM = 50_000
"""New objects between two looks for garbage; Python's own figure is 700, or 2,000 since 3.13."""


class Kept(Generic[T]):
    """A value that is read again when it is too old."""

    def __init__(self, read: Callable[[], T], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._value: tuple[int, T] | None = None

    def get(self, max_age: int = KEYS_LIFE) -> T:
        now = self._clock.now()
        if self._value is None or now - self._value[0] > max_age:
            self._value = (now, self._read())
        return self._value[1]


class VerifyingKeys(NamedTuple):
    """The public keys by their names, and what they proved since they were read."""

    keys: "dict[str, RSAPublicKey]"
    proven: "Proven"


class KnownKeys(NamedTuple):
    """The public keys as they are kept, read again for a name that is not among them."""

    kept: Kept[VerifyingKeys]

    def get(self, kid: str, /) -> "RSAPublicKey | None":
        return self.kept.get().keys.get(kid) or self.kept.get(UNKNOWN_KEY_LIFE).keys.get(kid)


@dataclass(frozen=True)
class Backend:
    """Stores, keys, outbox, gateway and clock of one deployment."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    secrets: Secrets = field(default_factory=Secrets)
    dynamodb: Callable[[], Any] = aws.dynamodb
    sqs: Callable[[], Any] = aws.sqs
    ses: Callable[[], Any] = aws.ses
    connections_api: Callable[[str], Any] = aws.connections
    crowd: "Crowd" = crowd.each
    own_rules: "Rules | None" = None
    """In place of those that channels.py ends with."""

    # What is kept.

    @cached_property
    def accounts(self) -> Table:
        return Table(self.settings.require("accounts_table"), self.dynamodb)

    @cached_property
    def realtime(self) -> Table:
        return Table(self.settings.require("realtime_table"), self.dynamodb)

    @cached_property
    def users(self) -> Users:
        return Users(self.accounts)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.accounts)

    @cached_property
    def registrations(self) -> "Registrations":
        from gatehouse.stores.registrations import Registrations

        return Registrations(self.accounts)

    @cached_property
    def links(self) -> "Links":
        from gatehouse.stores.links import Links

        return Links(self.accounts)

    @cached_property
    def events(self) -> "Events":
        from gatehouse.stores.events import Events

        return Events(self.accounts)

    @cached_property
    def email_changes(self) -> "EmailChanges":
        from gatehouse.stores.email_changes import EmailChanges

        return EmailChanges(self.accounts)

    @cached_property
    def removals(self) -> "Removals":
        from gatehouse.stores.removals import Removals

        return Removals(self.accounts)

    @cached_property
    def counters(self) -> Counters:
        return Counters(self.accounts)

    @cached_property
    def notices(self) -> Counters:
        """Counts what the sockets' functions send beside the pumps."""
        return Counters(self.realtime)

    @cached_property
    def public_keys(self) -> PublicKeys:
        return PublicKeys(self.accounts)

    @cached_property
    def mails(self) -> "Mails":
        from gatehouse.stores.mails import Mails

        return Mails(self.accounts)

    @cached_property
    def connections(self) -> "Connections":
        from gatehouse.stores.connections import Connections

        return Connections(self.realtime)

    @cached_property
    def members(self) -> "Members":
        from gatehouse.stores.members import Members

        return Members(self.realtime)

    @cached_property
    def streams(self) -> "Streams":
        from gatehouse.stores.streams import Streams

        return Streams(self.realtime)

    @cached_property
    def cursors(self) -> "Cursors":
        from gatehouse.stores.cursors import Cursors

        return Cursors(self.realtime)

    @cached_property
    def rules(self) -> "Rules":
        from gatehouse.realtime.channels import RULES

        return RULES if self.own_rules is None else self.own_rules

    # The ways out.

    @cached_property
    def outbox(self) -> "Outbox":
        from gatehouse.emails.outbox import Outbox

        return Outbox(self.mails, self.settings.require("mail_queue_url"), self.clock, self.sqs)

    @cached_property
    def post_office(self) -> "PostOffice":
        from gatehouse.emails.post_office import PostOffice

        return PostOffice(self.settings.require("mail_from"), self.ses)

    @cached_property
    def gateway(self) -> "Gateway":
        from gatehouse.realtime.gateway import Gateway
        from gatehouse.realtime.pace import Pace

        url, pace = self.settings.require("connections_url"), Pace(self.settings.posts_per_second)
        return Gateway(lambda: self.connections_api(url), pace)

    @cached_property
    def doorbell(self) -> "Doorbell":
        from gatehouse.realtime.doorbell import Doorbell

        return Doorbell(self.settings.require("bell_queue_url"), self.sqs)

    @cached_property
    def dead_bells(self) -> "DeadBells":
        from gatehouse.realtime.doorbell import DeadBells

        return DeadBells(self.settings.require("bell_dead_letters_url"), self.sqs)

    @cached_property
    def checks(self) -> "Checks":
        from gatehouse.realtime.checks import Checks

        return Checks(self.settings.require("check_queue_url"), self.sqs)

    # Keys and secrets.

    @cached_property
    def peppers(self) -> "Peppers":
        from gatehouse.passwords import Peppers

        return Peppers(*self._versioned("pepper_secret"))

    @cached_property
    def refresh_keys(self) -> "RefreshKeys":
        from gatehouse.tokens import RefreshKeys

        return RefreshKeys(*self._versioned("refresh_secret"))

    def derived_key(self, purpose: str) -> bytes:
        """A key for one purpose, derived from whichever secret the function may read."""
        kept = self.peppers if self.settings.pepper_secret else self.refresh_keys
        return hmac.digest(kept.keys[kept.current], purpose.encode(), "sha256")

    def private_ring(self) -> "PrivateRing":
        """The private key ring, read anew. Raises: ``Unavailable``"""
        from gatehouse.keyring import PrivateRing

        return PrivateRing.from_secret(self.secrets.read(self.settings.require("signing_secret")))

    @cached_property
    def _signing_key(self) -> "Kept[tuple[str, RSAPrivateKey]]":
        from gatehouse.keyring import load_private

        def read() -> "tuple[str, RSAPrivateKey]":
            current = self.private_ring().current
            return current.kid, load_private(current)

        return Kept(read, self.clock)

    @cached_property
    def _verifying_keys(self) -> Kept[VerifyingKeys]:
        from gatehouse.keyring import load_public

        return Kept(lambda: VerifyingKeys(load_public(self.public_keys.read()), {}), self.clock)

    def _versioned(self, setting: str) -> tuple[str, dict[str, bytes]]:
        """A secret like ``{"current": "p1", "p1": "…"}``: its current id, and its keys by id."""
        secret: dict[str, str] = json.loads(self.secrets.read(self.settings.require(setting)))
        keys = {name: text.encode() for name, text in secret.items() if name != "current"}
        if secret.get("current") not in keys:
            raise Unavailable(f"the secret of {setting.upper()} names no current key")
        return secret["current"], keys

    # Tokens.

    @cached_property
    def party(self) -> "Party":
        from gatehouse.tokens import Party

        return Party(
            issuer=self.settings.require("public_url"),
            audience=self.settings.audience,
            client_id=self.settings.client_id,
        )

    def issue_access(self, user_id: str, session_id: str, auth_time: int) -> str:
        """An access token, signed with the current key."""
        from gatehouse.tokens import issue_access

        kid, key = self._signing_key.get()
        return issue_access(
            user_id,
            session_id,
            party=self.party,
            kid=kid,
            key=key,
            now=self.clock.now(),
            auth_time=auth_time,
        )

    def verify_access(self, token: str) -> "Identity":
        """Whom an access token proves. Raises: ``InvalidToken``, ``TokenExpired``"""
        from gatehouse.tokens import verify_access

        kept = self._verifying_keys
        return verify_access(
            token,
            party=self.party,
            keys=KnownKeys(kept).get,
            now=self.clock.now(),
            proven=kept.get().proven,
        )

    # Tokens of the app's own.

    def takes_app_token(self, token: str) -> bool:
        """Whether a token is to be verified as one of the app's own."""
        from gatehouse.app_tokens import is_app_token

        return bool(self.settings.token_secret) and is_app_token(token)

    def verify_app_token(self, token: str) -> "ConnectionClaims":
        """Whom a connection token of the app proves. Raises: ``InvalidToken``, ``TokenExpired``"""
        from gatehouse.app_tokens import verify_connection

        return verify_connection(token, secret=self._app_secret.get(), now=self.clock.now())

    def verify_subscription_token(self, token: str) -> "SubscriptionClaims":
        """What a subscription token proves. Raises: ``InvalidToken``, ``TokenExpired``"""
        from gatehouse.app_tokens import verify_subscription

        return verify_subscription(token, secret=self._app_secret.get(), now=self.clock.now())

    @cached_property
    def _app_secret(self) -> Kept[bytes]:
        from gatehouse.app_tokens import MIN_SECRET

        def read() -> bytes:
            secret = self.secrets.read(self.settings.require("token_secret")).encode()
            if len(secret) < MIN_SECRET:
                raise Unavailable(f"TOKEN_SECRET has less than {MIN_SECRET} bytes")
            return secret

        return Kept(read, self.clock)


@cache
def production(public_url: str = "") -> Backend:
    """The backend of this process, made from its environment.

    Args:
        public_url: the API's own address, for the case that none is configured. A process that is
            reached by several addresses has a backend for each.
    """
    # What the start of a process makes stays: looking through it for garbage is a tenth of the time
    # until the first answer. Cycles are rare here, so later on it is enough to look seldom.
    gc.freeze()
    gc.set_threshold(SELDOM)
    settings = Settings.from_environment(os.environ)
    return Backend(settings if settings.public_url else settings._replace(public_url=public_url))
