"""The public catalogue of refusals: every way in which Gatehouse says no, on either door.

    Refusal
    ├── BadInput         MalformedJson, MalformedForm, BodyTooLarge, UnsupportedMediaType,
    │                    InvalidInput, InvalidLink, UnsupportedGrant
    ├── Unauthenticated  MissingToken, InvalidToken, TokenExpired, InvalidCredentials,
    │                    InvalidPassword, InvalidGrant
    ├── Denied           AccountDisabled, PermissionDenied
    ├── Missing          NotFound, UnknownChannel, MethodNotFound, NotAvailable,
    │                    UnrecoverablePosition
    ├── Conflict         EmailTaken
    ├── LimitExceeded    TooManyRequests
    ├── Unavailable, InternalError
    └── Disconnected     the socket is told to close: ConnectionExpired, InvalidConnectionToken ...

``code`` is stable and made for programs, ``title`` and ``detail`` are made for people and hold no
private cause. ``status`` is the HTTP status (RFC 9110), ``reply`` the error code of the Centrifuge
client protocol. ``http/api.py`` and ``websocket/socket.py`` are the only places that map them.
"""

from typing import ClassVar, NamedTuple


class Problem(NamedTuple):
    """One fault of the input: a JSON Pointer (RFC 6901) to the place, and what is wrong there."""

    pointer: str
    detail: str


class Refusal(Exception):
    """A request that is not carried out. Climbs untouched from where it is found to the door."""

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"
    status: ClassVar[int] = 400
    reply: ClassVar[int] = 107
    temporary: ClassVar[bool] = False

    def __init__(
        self,
        detail: str = "",
        *,
        problems: tuple[Problem, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.problems = problems
        self.retry_after = retry_after
        """Seconds after which the same request may succeed, for the ``Retry-After`` header."""


class BadInput(Refusal):
    """The request itself is wrong, whoever sends it."""


class MalformedJson(BadInput):
    """Not one JSON document (RFC 8259) in UTF-8 with unique keys and finite numbers."""

    code, title = "malformed_json", "The body is not valid JSON"


class MalformedForm(BadInput):
    """Not a form in UTF-8 with each field at most once (RFC 6749 section 3.2)."""

    code, title = "malformed_form", "The body is not a valid form"


class BodyTooLarge(BadInput):
    """More bytes than the door reads."""

    code, title, status, reply = "body_too_large", "The body is too large", 413, 106


class UnsupportedMediaType(BadInput):
    """The content type is not the one that the route takes."""

    code, title, status = "unsupported_media_type", "The content type is not supported", 415


class InvalidInput(BadInput):
    """Valid JSON that breaks the rules of the route's fields; ``errors`` says where."""

    code, title, status = "invalid_input", "The input is not valid", 422


class InvalidLink(BadInput):
    """The link or code is not valid: used, too old, tried too often, or never given out."""

    code, title = "invalid_link", "The link or code is not valid any more"


class UnsupportedGrant(BadInput):
    """``POST /token`` knows one grant, ``refresh_token`` (RFC 6749 section 5.2)."""

    code, title = "unsupported_grant_type", "The grant type is not supported"


class Unauthenticated(Refusal):
    """Nobody known is asking."""

    status, reply = 401, 101


class MissingToken(Unauthenticated):
    """No access token came along."""

    code, title = "missing_token", "An access token is required"


class InvalidToken(Unauthenticated):
    """The access token is malformed, forged, expired, for somebody else, or revoked."""

    code, title = "invalid_token", "The access token is not valid"


class TokenExpired(InvalidToken):
    """The access token was right once; clients fetch a new one and try again."""

    reply = 109


class InvalidCredentials(Unauthenticated):
    """Wrong password or unknown address: the same answer for both."""

    code, title = "invalid_credentials", "The e-mail address or the password is wrong"


class InvalidPassword(InvalidCredentials):
    """The password that a signed-in user gave again is wrong."""

    code, title = "invalid_password", "The password is wrong"


class InvalidGrant(Unauthenticated):
    """The refresh token is not valid, expired, revoked or used before (RFC 6749 section 5.2)."""

    code, title, status = "invalid_grant", "The refresh token is not valid", 400


class Denied(Refusal):
    """Somebody known asks for what is not theirs."""

    status, reply = 403, 103


class AccountDisabled(Denied):
    """The account was switched off by its operator. Told only after the right password."""

    code, title = "account_disabled", "This account is disabled"


class PermissionDenied(Denied):
    """The rule of the channel does not allow it."""

    code, title = "permission_denied", "Permission denied"


class Missing(Refusal):
    """There is no such thing."""

    status, reply = 404, 108


class NotFound(Missing):
    """No such route or thing."""

    code, title = "not_found", "Not found"


class UnknownChannel(Missing):
    """No rule covers a channel of this name."""

    code, title, reply = "unknown_channel", "Unknown channel", 102


class MethodNotFound(Missing):
    """The client protocol has no such command."""

    code, title, reply = "method_not_found", "Method not found", 104


class NotAvailable(Missing):
    """The client protocol has the command, this channel or server does not offer it."""

    code, title = "not_available", "Not available"


class UnrecoverablePosition(Missing):
    """What came after the position is not kept any more; the client starts anew."""

    code, title, reply = "unrecoverable_position", "Unrecoverable position", 112


class Conflict(Refusal):
    """It contradicts what is stored."""

    status = 409


class EmailTaken(Conflict):
    """An account with this address exists. Told only where verification is off."""

    code, title = "email_taken", "The e-mail address is taken"


class LimitExceeded(Refusal):
    """Too much of something, for ever or for now."""

    code, title, status, reply = "limit_exceeded", "Limit exceeded", 429, 106


class TooManyRequests(LimitExceeded):
    """Too many for now; ``Retry-After`` says how many seconds to wait."""

    code, title, reply = "too_many_requests", "Too many requests", 111
    temporary = True


class Unavailable(Refusal):
    """Something that Gatehouse needs does not answer. Nothing was half-written; try again."""

    code, title, status, reply = "unavailable", "Temporarily unavailable", 503, 100
    temporary = True


class InternalError(Refusal):
    """A fault of ours. Its cause is in the log, under the ``request_id`` of the answer."""

    code, title, status, reply = "internal_error", "Something went wrong on our side", 500, 100
    temporary = True


class Disconnected(Refusal):
    """The socket gets a disconnect push with ``disconnect`` as its code, and is closed.

    Codes from 3500 to 3999 are final for the official clients, others make them reconnect.
    """

    code, title, status = "disconnected", "connection closed", 400
    disconnect: ClassVar[int] = 3000


class ServerError(Disconnected):
    """A fault of ours; the client reconnects."""

    code, title, disconnect = "server_error", "internal server error", 3004


class ConnectionExpired(Disconnected):
    """The connection outlived its access token; the client comes back with a new one."""

    code, title, disconnect = "connection_expired", "connection expired", 3005


class FloodingClient(Disconnected):
    """Far more frames than are carried out; the client comes back after a while."""

    code, title, disconnect = "flooding_client", "too many requests", 3013


class InvalidConnectionToken(Disconnected):
    """``connect`` came with a token that can never become valid."""

    code, title, disconnect = "invalid_connection_token", "invalid token", 3500


class BadFrame(Disconnected):
    """The client does not speak the protocol; trying again would not help."""

    code, title, disconnect = "bad_frame", "bad request", 3501


class StaleConnection(Disconnected):
    """Nobody proved who they are in time."""

    code, title, disconnect = "stale_connection", "stale", 3502


class ConnectionLimit(Disconnected):
    """The user has as many connections as one user may have."""

    code, title, disconnect = "connection_limit", "connection limit", 3504


class ForcedDisconnect(Disconnected):
    """Signed out, revoked or banned."""

    code, title, disconnect = "forced_disconnect", "force disconnect", 3503
