"""The settings of a deployment, read once from the environment that template.yaml declares."""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from typing import Annotated, Any, Literal, Self, get_args

Url = Annotated[str, "URL"]
"""Scheme and host, without a trailing slash."""

ChallengeMode = Literal["never", "under-load", "always"]
ChallengeProvider = Literal["altcha", "turnstile", "hcaptcha"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is the environment variable of the same name in capitals.

    A function gets only the variables that it needs. A setting that must not be missing is read
    with ``require``, so that a function with a wrong template fails closed and names the variable.
    """

    stage: str = "local"
    """Name of the deployment, part of every resource's name."""
    public_url: Url = ""
    """Scheme and host of the HTTP API, without a trailing slash: the issuer of tokens and the host
    of mailed links.

    Empty: the API's own address, taken from each request."""
    audience: str = "gatehouse"
    """The ``aud`` claim of access tokens."""
    client_id: str = "gatehouse"
    """The ``client_id`` claim of access tokens (RFC 9068 section 2.2)."""
    allowed_origins: tuple[str, ...] = ()
    """Comma-separated origins of the web pages that may open the socket and use the refresh cookie,
    in addition to the service's own page. ``*`` lets every page open the socket, but not use the
    cookie. Clients other than browsers send no origin."""
    mail_from: str = ""
    """Sender address of all mails. It must be a verified identity in Amazon SES."""
    require_verified_email: bool = False
    """Whether an account is created only after its email address was verified. If not, a
    registration reveals whether its address has an account."""
    limit_factor: int = 1
    """Multiplier of all rate limits. Set it above 1 only if all clients share one address, as on
    the local stack."""
    api_docs: bool = False
    """Whether ``/docs`` serves the API documentation with its viewer of 460 KB."""
    mail_budget: int = 250
    """Emails an hour that strangers may cause by registering, resending or changing an address, and
    as many by asking for password resets. The same number again is a reserve for clients that
    solve a challenge. A deployment so sends at most four times this number an hour on request."""
    challenge: ChallengeMode = "under-load"
    """When a request that causes such an email needs a solved challenge: ``never``, ``under-load``
    (once the hour's budget is used up) or ``always``."""
    challenge_provider: ChallengeProvider = "altcha"
    """``altcha``, a proof of work without a third party, or the service ``turnstile`` or
    ``hcaptcha``."""
    challenge_site_key: str = ""
    """Site key at ``turnstile`` or ``hcaptcha``. It is public."""
    challenge_secret: str = ""
    """ARN of the secret with the secret key at ``turnstile`` or ``hcaptcha``, as plain text."""
    min_password_length: int = 15
    """Minimum Unicode code points of a new password (NIST SP 800-63B-4 section 3.1.1.2)."""
    password_hash_cost: int = 12
    """bcrypt's work factor: the base-2 logarithm of its rounds. Lower it only in tests."""
    accounts_table: str = ""
    """Name of the DynamoDB table with users, sessions, waiting mails and public keys."""
    realtime_table: str = ""
    """Name of the DynamoDB table with connections, channel members and publications."""
    mail_queue_url: str = ""
    """URL of the SQS queue from the outbox to the mailer."""
    delivery_queue_url: str = ""
    """URL of the SQS FIFO queue from publishers to the delivery function."""
    check_queue_url: str = ""
    """URL of the SQS queue for delayed checks of connections."""
    delivery_dead_letters_url: str = ""
    """URL of the SQS queue for wakes that failed too often. Maintenance sends them again."""
    connections_url: str = ""
    """Endpoint of the WebSocket API's @connections commands."""
    posts_per_second: int = 0
    """Maximum @connections calls per second of one process. 0: no limit."""
    broadcast_budget: int = 1_000
    """Maximum @connections calls per second of all processes for messages that may be lost:
    ephemeral publications and presence events. A channel with more members than this gets none."""
    socket_url: str = ""
    """Address of the WebSocket API, which the service's page connects to."""
    pepper_secret: str = ""
    """ARN of the secret with the peppers of password hashes."""
    refresh_secret: str = ""
    """ARN of the secret with the keys of refresh tokens."""
    signing_secret: str = ""
    """ARN of the secret with the private key ring of access tokens."""
    token_secret: str = ""
    """ARN of the secret, of at least 32 bytes, with which the app signs its own connection and
    subscription tokens (HS256).

    Empty: such tokens are refused."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads the variables that are set, by the types of their fields. Others keep defaults.

        Raises:
            ValueError: a variable does not fit its type. The message names it.
        """
        return cls(
            **{
                each.name: _read(each, environment[each.name.upper()])
                for each in fields(cls)
                if each.name.upper() in environment
            }
        )

    @property
    def page_origins(self) -> tuple[str, ...]:
        """The origins whose pages may call the service: the configured ones and its own."""
        return (*self.allowed_origins, *([self.public_url] if self.public_url else []))

    def require(self, name: str) -> str:
        """Returns a setting that must not be empty.

        Raises:
            LookupError: the function's environment lacks it.
        """
        value = getattr(self, name)
        if not value:
            raise LookupError(f"{name.upper()} is not set")
        return str(value)


def _read(field: "Field[Any]", text: str) -> Any:
    reader = _READERS[field.type]
    try:
        return reader(text)
    except ValueError:
        raise ValueError(f"{field.name.upper()} is not valid: {text!r}") from None


def _origins(text: str) -> tuple[str, ...]:
    return tuple(origin.strip().rstrip("/") for origin in text.split(",") if origin.strip())


def _url(text: str) -> str:
    return text.rstrip("/")


def _truth(text: str) -> bool:
    # Any other word, such as a typo, must not switch a protection off.
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _one_of(kind: Any) -> Callable[[str], str]:
    """Returns a reader that accepts the words of a ``Literal`` only."""

    def read(text: str) -> str:
        if text not in get_args(kind):
            raise ValueError(text)
        return text

    return read


_READERS: Mapping[object, Callable[[str], object]] = {
    str: str,
    int: int,
    bool: _truth,
    Url: _url,
    tuple[str, ...]: _origins,
    ChallengeMode: _one_of(ChallengeMode),
    ChallengeProvider: _one_of(ChallengeProvider),
}
"""The readers by field type. A new field of a known type needs no entry."""
