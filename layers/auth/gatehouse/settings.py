"""What an operator can set, read once from the environment that template.yaml declares."""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from typing import Annotated, Any, Self

Url = Annotated[str, "URL"]
"""Scheme and host, no slash at the end."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is the environment variable of the same name in capitals.

    A function gets only the variables that it needs. What must not be missing is read with
    ``require``: a wrong template fails closed and says what it lacks.
    """

    stage: str = "local"
    """Name of the deployment; part of every resource's name."""
    public_url: Url = ""
    """Scheme and host of the HTTP API, no slash at the end: issuer of tokens, host of links.

    Empty: the API's own address, taken from each request."""
    audience: str = "gatehouse"
    """``aud`` of access tokens."""
    client_id: str = "gatehouse"
    """``client_id`` of access tokens (RFC 9068 section 2.2)."""
    allowed_origins: tuple[str, ...] = ()
    """Origins whose pages may open the socket and use the cookie, besides the service's own page.
    Clients that are no browsers send none."""
    mail_from: str = ""
    """Sender of all mails; an identity verified in SES."""
    require_verified_email: bool = False
    """Whether an account starts only after its address was verified."""
    limit_factor: int = 1
    """What all rates of ``limits`` are multiplied by. More than one only where all clients share
    one address, as on the local stack."""
    min_password_length: int = 15
    """Least number of code points of a new password (NIST SP 800-63B-4 section 3.1.1.2)."""
    password_hash_cost: int = 12
    """bcrypt's work factor, the logarithm of its rounds. Lower only in tests."""
    accounts_table: str = ""
    """Name of the DynamoDB table with users, sessions, mails under way and public keys."""
    realtime_table: str = ""
    """Name of the DynamoDB table with connections and channel members."""
    mail_queue_url: str = ""
    """URL of the SQS queue between the outbox and the mailer."""
    delivery_queue_url: str = ""
    """URL of the SQS FIFO queue between publishers and the delivery function."""
    check_queue_url: str = ""
    """URL of the SQS queue of delayed checks of connections."""
    delivery_dead_letters_url: str = ""
    """URL of the queue of wakes that failed too often; maintenance sends them again."""
    connections_url: str = ""
    """Endpoint of the WebSocket API's @connections commands."""
    posts_per_second: int = 0
    """@connections calls of one process a second; 0: no limit."""
    broadcast_budget: int = 1_000
    """@connections calls of all processes a second for what may be lost: ephemeral posts and
    presence events. Channels with more members get none."""
    socket_url: str = ""
    """Address of the WebSocket API for clients; the page gets it."""
    pepper_secret: str = ""
    """ARN of the secret with the peppers of password hashes."""
    refresh_secret: str = ""
    """ARN of the secret with the keys of refresh tokens."""
    signing_secret: str = ""
    """ARN of the secret with the private key ring of access tokens."""
    token_secret: str = ""
    """ARN of the secret that the app makes connection and subscription tokens of its own with.

    Empty: none are taken."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads the variables that are set, by their fields' types; the others keep their default.

        Raises:
            ValueError: a variable does not fit its type; the message names it.
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
        """The origins that pages may call from: those that are listed, and our own page's."""
        return (*self.allowed_origins, *([self.public_url] if self.public_url else []))

    def require(self, name: str) -> str:
        """The text of a setting that cannot be empty.

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
    # A word that is neither shall not switch a protection off.
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


_READERS: Mapping[object, Callable[[str], object]] = {
    str: str,
    int: int,
    bool: _truth,
    Url: _url,
    tuple[str, ...]: _origins,
}
"""By the types of fields: a new field needs no line here."""
