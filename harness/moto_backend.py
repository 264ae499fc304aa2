"""A whole backend on simulated AWS, and builders for what lives in it."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from gatehouse import keyring
from gatehouse.backend.root import Backend
from gatehouse.flows.sign_in.start_session import Tokens, start_session
from gatehouse.identity import Device, parse_address
from gatehouse.keyring import PrivateRing, new_ring
from gatehouse.passwords import hash_password
from gatehouse.settings import Settings
from gatehouse.stores.secrets import Secrets
from gatehouse.stores.users import User
from harness.queues import create_queues
from harness.tables import create_tables, items

PASSWORD = "correct horse battery staple"
MAIL_FROM = "accounts@gatehouse.example"
PUBLIC_URL = "https://api.gatehouse.example"
REGION = "eu-central-1"
APP_TOKENS = "app-tokens"
"""Name of the secret that a test may make for tokens of an app's own."""

START = 1_800_000_000
"""Seconds since 1970 at which every test begins."""


# Reading a private key takes 40 ms, and most tests sign something.
keyring.load_private = cache(keyring.load_private)


class FixedClock:
    """A clock that goes on when it is told to."""

    def __init__(self, now: int = START) -> None:
        self._now = now
        self.slept: list[float] = []
        """What somebody would have slept; it does not move the time."""

    def now(self) -> int:
        return self._now

    def advance(self, seconds: int) -> None:
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@cache
def ring() -> PrivateRing:
    """One key ring for all tests of a process: making RSA keys is slow."""
    return new_ring(START)


@cache
def published() -> dict[str, Any]:
    """The public part of the ring; reading private keys is slow too."""
    return ring().public()


@cache
def client(service: str) -> Any:
    """A client that all backends of tests share: each has simulated AWS for itself."""
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


@cache
def client_of_backend(service: str) -> Any:
    """The one of botocore that the backend has in place of ours: moto simulates AWS as botocore
    sees it. That ours see the same is tested beside the local stack."""
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def clients() -> dict[str, Any]:
    """Parts of a backend."""
    return {
        "dynamodb": partial(client_of_backend, "dynamodb"),
        "sqs": partial(client_of_backend, "sqs"),
        "secrets": Secrets(partial(client_of_backend, "secretsmanager")),
    }


@dataclass
class MotoBackend:
    """A backend whose every part can be looked at."""

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
        """An account that exists."""
        number = next(self._count)
        address = parse_address(email or f"user{number}@example.com")
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
        """The first tokens of a new session."""
        return start_session(self.backend, user, Device("192.0.2.1", "test"))

    def disable(self, user: User) -> None:
        """Switches an account off, after whatever it did so far."""
        self.backend.accounts.transact(self.backend.accounts.users.closing(user))

    def access_token(self, user: User) -> str:
        return self.sign_in(user).access_token

    def accounts(self) -> list[dict[str, Any]]:
        """All items of the accounts table but the public keys and the counters of limits."""
        rows = items(self.dynamodb, "AccountsTable")
        return [item for item in rows if not _is_always_there(item["pk"]["S"])]

    def queued(self) -> list[dict[str, Any]]:
        """The mails in the queue, taken out of it."""
        answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        for message in messages:
            # Or it would be visible again after half a minute.
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    def peek(self) -> list[Any]:
        """The messages in the queue as the simulated SQS keeps them, left where they are."""
        queues = get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues
        return [{"Body": message.body} for message in queues["MailQueue"]._messages]

    def sent(self) -> list[Any]:
        """The mails that were sent, as the simulated SES keeps them."""
        messages: list[Any] = get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        return messages


def _is_always_there(pk: str) -> bool:
    return pk == "KEYRING" or (pk.startswith("LIMIT#") and not pk.startswith("LIMIT#mark#"))


@contextmanager
def moto_backend(**settings: Any) -> Iterator[MotoBackend]:
    """A backend for one test. Settings can be given by their names."""
    with mock_aws():
        dynamodb, sqs, secrets = map(client, ("dynamodb", "sqs", "secretsmanager"))
        client("sesv2").create_email_identity(EmailIdentity=MAIL_FROM)
        create_tables(dynamodb)
        urls = create_queues(sqs)
        clock = FixedClock()
        backend = Backend(
            Settings(
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
                **settings,
            ),
            clock=clock,
            **clients(),
        )
        backend.keys.public_keys.publish(published(), previous=None, version=START)
        yield MotoBackend(backend, clock, dynamodb, sqs, secrets, urls["MailQueue"])


def _secret(client: Any, name: str, content: Any) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    arn: str = client.create_secret(Name=name, SecretString=text)["ARN"]
    return arn
