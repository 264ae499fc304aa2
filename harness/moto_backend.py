"""A whole backend on simulated AWS, with builders for its data."""

import copy
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from gatehouse import keyring
from gatehouse.backend.root import Backend
from gatehouse.flows.sign_in.start_session import Tokens, start_session
from gatehouse.identity import Device, known_address
from gatehouse.keyring import PrivateRing, new_ring
from gatehouse.passwords import hash_password
from gatehouse.settings import Settings
from gatehouse.stores.secrets import Secrets
from gatehouse.stores.users import User
from harness.queues import create_queues, queues
from harness.tables import create_tables, items

PASSWORD = "correct horse battery staple"
MAIL_FROM = "accounts@gatehouse.example"
PUBLIC_URL = "https://api.gatehouse.example"
REGION = "eu-central-1"
APP_TOKENS = "app-tokens"
"""Name of the secret that a test may create for tokens issued by an app."""

CHALLENGE_KEY = "challenge-key"
"""Name of the secret with our key at a provider of challenges. A test that needs it creates it."""

START = 1_800_000_000
"""The time at which every test begins, in seconds since 1970."""


# Reading a private key takes 40 ms, and most tests sign something.
keyring.load_private = cache(keyring.load_private)


class FixedClock:
    """A clock that advances only on request."""

    def __init__(self, now: int = START) -> None:
        self._now = now
        self.slept: list[float] = []
        """The requested sleeps, in seconds. They do not advance the clock."""

    def now(self) -> int:
        return self._now

    def advance(self, seconds: int) -> None:
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@cache
def ring() -> PrivateRing:
    """Returns the one key ring for all tests of a process: creating RSA keys is slow."""
    return new_ring(START)


@cache
def published() -> dict[str, Any]:
    """Returns the public part of the ring. Cached because reading private keys is slow too."""
    return ring().public()


@cache
def client(service: str) -> Any:
    """Returns the client that all test backends share. Each test has its own simulated AWS."""
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


@cache
def client_of_backend(service: str) -> Any:
    """Returns the botocore client that replaces ours in the backend, because moto patches botocore.

    tests/e2e/test_json_client.py checks on the local stack that ours returns the same.
    """
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def clients() -> dict[str, Any]:
    """Returns the AWS clients of a backend, as arguments of ``Backend``."""
    return {
        "dynamodb": partial(client_of_backend, "dynamodb"),
        "sqs": partial(client_of_backend, "sqs"),
        "secrets": Secrets(partial(client_of_backend, "secretsmanager")),
    }


@dataclass
class MotoBackend:
    """A backend that a test can inspect: its clock and all of its simulated AWS."""

    backend: Backend
    clock: FixedClock
    dynamodb: Any
    sqs: Any
    secrets: Any
    queue_url: str
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def user(
        self,
        email: str | None = None,
        *,
        password: str = PASSWORD,
        name: str | None = None,
        disabled: bool = False,
    ) -> User:
        """Creates an account."""
        number = next(self._count)
        address = known_address(email or f"user{number}@example.com")
        settings = self.backend.settings
        user = User(
            id=f"{number:032x}",
            email=address.written,
            name=name,
            password_hash=hash_password(
                password, self.backend.keys.peppers, cost=settings.password_hash_cost
            ),
            created_at=self.clock.now(),
            disabled=disabled,
        )
        self.backend.accounts.users.create(user, address)
        return user

    def sign_in(self, user: User) -> Tokens:
        """Starts a session. Returns its first tokens."""
        return start_session(self.backend, user, Device("192.0.2.1", "test"))

    def disable(self, user: User) -> None:
        """Disables an account and ends its sessions."""
        self.backend.accounts.transact(self.backend.accounts.users.closing(user))

    def access_token(self, user: User) -> str:
        return self.sign_in(user).access_token

    def accounts(self) -> list[dict[str, Any]]:
        """Returns all items of the accounts table except public keys and counters of limits."""
        rows = items(self.dynamodb, "AccountsTable")
        return [item for item in rows if not _is_always_there(item["pk"]["S"])]

    def queued(self) -> list[dict[str, Any]]:
        """Takes up to ten mails out of the queue and returns them."""
        answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        for message in messages:
            # Otherwise it would be visible again after 30 seconds.
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    def peek(self) -> list[Any]:
        """Returns the messages in the queue and leaves them there."""
        queues = get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues
        return [{"Body": message.body} for message in queues["MailQueue"]._messages]

    def sent(self) -> list[Any]:
        """Returns the mails that were sent, as the simulated SES stores them."""
        messages: list[Any] = get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        return messages


def _is_always_there(pk: str) -> bool:
    return pk == "KEYRING" or (pk.startswith("LIMIT#") and not pk.startswith("LIMIT#mark#"))


@dataclass(frozen=True)
class _Prepared:
    """What every backend begins with in simulated AWS, and its settings."""

    tables: Any
    secrets: Any
    identities: Any
    settings: Settings


def _simulated(service: str) -> Any:
    return get_backend(service)[DEFAULT_ACCOUNT_ID][REGION]  # type: ignore[call-overload]


@cache
def _prepared() -> _Prepared:
    """Calls simulated AWS once for all tests of a process. Copies take a fraction of the time."""
    with mock_aws():
        client("sesv2").create_email_identity(EmailIdentity=MAIL_FROM)
        create_tables(client("dynamodb"))
        urls = create_queues(client("sqs"))
        secrets = client("secretsmanager")
        settings = Settings(
            stage="test",
            public_url=PUBLIC_URL,
            allowed_origins=("https://app.example.com",),
            mail_from=MAIL_FROM,
            password_hash_cost=4,
            accounts_table="AccountsTable",
            realtime_table="RealtimeTable",
            mail_queue_url=urls["MailQueue"],
            delivery_queue_url=urls["DeliveryQueue"],
            delivery_dead_letters_url=urls["DeliveryDeadLetters"],
            check_queue_url=urls["CheckQueue"],
            socket_url="wss://socket.gatehouse.example/test",
            connections_url="https://socket.gatehouse.example/test",
            pepper_secret=_secret(secrets, "pepper", {"current": "p1", "p1": "x" * 64}),
            refresh_secret=_secret(secrets, "refresh", {"current": "r1", "r1": "y" * 64}),
            signing_secret=_secret(secrets, "signing", ring().to_secret()),
        )
        backend = Backend(settings, clock=FixedClock(), **clients())
        backend.keys.public_keys.publish(published(), previous=None, version=START)
        return _Prepared(
            copy.deepcopy(_simulated("dynamodb").tables),
            copy.deepcopy(_simulated("secretsmanager").secrets),
            copy.deepcopy(_simulated("ses").email_identities),
            settings,
        )


@contextmanager
def moto_backend(**settings: Any) -> Iterator[MotoBackend]:
    """Creates a backend for one test, with other settings if given by name."""
    prepared = _prepared()
    with mock_aws():
        _simulated("dynamodb").tables = copy.deepcopy(prepared.tables)
        _simulated("secretsmanager").secrets = copy.deepcopy(prepared.secrets)
        _simulated("ses").email_identities = copy.deepcopy(prepared.identities)
        for _, name, attributes in queues():
            _simulated("sqs").create_queue(name, **attributes)
        clock = FixedClock()
        backend = Backend(replace(prepared.settings, **settings), clock=clock, **clients())
        dynamodb, sqs, secrets = map(client, ("dynamodb", "sqs", "secretsmanager"))
        yield MotoBackend(backend, clock, dynamodb, sqs, secrets, backend.settings.mail_queue_url)


def _secret(client: Any, name: str, content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    arn: str = client.create_secret(Name=name, SecretString=text)["ARN"]
    return arn
