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
    └── Disconnected     the socket closes: ConnectionExpired, InvalidConnectionToken ...

``code`` is stable and made for programs, ``title`` and ``detail`` are made for people and hold no
private cause. ``status`` is the HTTP status (RFC 9110), ``centrifuge_code`` the error code of the
Centrifuge client protocol, ``close_code`` that of its disconnect push. ``http/api.py`` and
``websocket/socket.py`` are the only places that map them.
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
    centrifuge_code: ClassVar[int] = 107
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

    code = "malformed_json"
    title = "The body is not valid JSON"


class MalformedForm(BadInput):
    """Not a form in UTF-8 with each field at most once (RFC 6749 section 3.2)."""

    code = "malformed_form"
    title = "The body is not a valid form"


class BodyTooLarge(BadInput):
    """More bytes than the door reads."""

    code = "body_too_large"
    title = "The body is too large"
    status = 413
    centrifuge_code = 106


class UnsupportedMediaType(BadInput):
    """The content type is not the one that the route takes."""

    code = "unsupported_media_type"
    title = "The content type is not supported"
    status = 415


class InvalidInput(BadInput):
    """Valid JSON that breaks the rules of the route's fields; ``errors`` says where."""

    code = "invalid_input"
    title = "The input is not valid"
    status = 422


class InvalidLink(BadInput):
    """The link or code is not valid: used, too old, tried too often, or never given out."""

    code = "invalid_link"
    title = "The link or code is not valid any more"


class UnsupportedGrant(BadInput):
    """``POST /token`` knows one grant, ``refresh_token`` (RFC 6749 section 5.2)."""

    code = "unsupported_grant_type"
    title = "The grant type is not supported"


class Unauthenticated(Refusal):
    """Nobody known is asking."""

    status = 401
    centrifuge_code = 101


class MissingToken(Unauthenticated):
    """No access token came along."""

    code = "missing_token"
    title = "An access token is required"


class InvalidToken(Unauthenticated):
    """The access token is malformed, forged, expired, for somebody else, or revoked."""

    code = "invalid_token"
    title = "The access token is not valid"


class TokenExpired(InvalidToken):
    """The access token was right once; clients fetch a new one and try again."""

    centrifuge_code = 109


class InvalidCredentials(Unauthenticated):
    """Wrong password or unknown address: the same answer for both."""

    code = "invalid_credentials"
    title = "The e-mail address or the password is wrong"


class InvalidPassword(InvalidCredentials):
    """The password that a signed-in user gave again is wrong."""

    code = "invalid_password"
    title = "The password is wrong"


class InvalidGrant(Unauthenticated):
    """The refresh token is not valid, expired, revoked or used before (RFC 6749 section 5.2)."""

    code = "invalid_grant"
    title = "The refresh token is not valid"
    status = 400


class Denied(Refusal):
    """Somebody known asks for what is not theirs."""

    status = 403
    centrifuge_code = 103


class AccountDisabled(Denied):
    """The account was switched off by its operator. Told only after the right password."""

    code = "account_disabled"
    title = "This account is disabled"


class PermissionDenied(Denied):
    """The rule of the channel does not allow it."""

    code = "permission_denied"
    title = "Permission denied"


class Missing(Refusal):
    """There is no such thing."""

    status = 404
    centrifuge_code = 108


class NotFound(Missing):
    """No such route or thing."""

    code = "not_found"
    title = "Not found"


class UnknownChannel(Missing):
    """No rule covers a channel of this name."""

    code = "unknown_channel"
    title = "Unknown channel"
    centrifuge_code = 102


class MethodNotFound(Missing):
    """The client protocol has no such command."""

    code = "method_not_found"
    title = "Method not found"
    centrifuge_code = 104


class NotAvailable(Missing):
    """The client protocol has the command, this channel or server does not offer it."""

    code = "not_available"
    title = "Not available"


class UnrecoverablePosition(Missing):
    """What came after the position is not kept any more; the client starts anew."""

    code = "unrecoverable_position"
    title = "Unrecoverable position"
    centrifuge_code = 112


class Conflict(Refusal):
    """It contradicts what is stored."""

    status = 409


class EmailTaken(Conflict):
    """An account with this address exists. Told only where verification is off."""

    code = "email_taken"
    title = "The e-mail address is taken"


class LimitExceeded(Refusal):
    """Too much of something, for ever or for now."""

    code = "limit_exceeded"
    title = "Limit exceeded"
    status = 429
    centrifuge_code = 106


class TooManyRequests(LimitExceeded):
    """Too many for now; ``Retry-After`` says how many seconds to wait."""

    code = "too_many_requests"
    title = "Too many requests"
    centrifuge_code = 111
    temporary = True


class Unavailable(Refusal):
    """Something that Gatehouse needs does not answer. Nothing was half-written; try again."""

    code = "unavailable"
    title = "Temporarily unavailable"
    status = 503
    centrifuge_code = 100
    temporary = True


class InternalError(Refusal):
    """A fault of ours. Its cause is in the log, under the ``request_id`` of the answer."""

    code = "internal_error"
    title = "Something went wrong on our side"
    status = 500
    centrifuge_code = 100
    temporary = True


class Disconnected(Refusal):
    """The socket gets a disconnect push with ``close_code``, and is closed.

    Codes from 3500 to 3999 are final for the official clients, others make them reconnect.
    """

    code = "disconnected"
    title = "connection closed"
    status = 400
    close_code: ClassVar[int] = 3000


class ServerError(Disconnected):
    """A fault of ours; the client reconnects."""

    code = "server_error"
    title = "internal server error"
    close_code = 3004


class ConnectionExpired(Disconnected):
    """The connection outlived its access token; the client comes back with a new one."""

    code = "connection_expired"
    title = "connection expired"
    close_code = 3005


class FloodingClient(Disconnected):
    """Far more frames than are carried out; the client comes back after a while."""

    code = "flooding_client"
    title = "too many requests"
    close_code = 3013


class InvalidConnectionToken(Disconnected):
    """``connect`` came with a token that can never become valid."""

    code = "invalid_connection_token"
    title = "invalid token"
    close_code = 3500


class BadFrame(Disconnected):
    """The client does not speak the protocol; trying again would not help."""

    code = "bad_frame"
    title = "bad request"
    close_code = 3501


class StaleConnection(Disconnected):
    """Nobody proved who they are in time."""

    code = "stale_connection"
    title = "stale"
    close_code = 3502


class ConnectionLimit(Disconnected):
    """The user has as many connections as one user may have."""

    code = "connection_limit"
    title = "connection limit"
    close_code = 3504


class ForcedDisconnect(Disconnected):
    """Signed out, revoked or banned."""

    code = "forced_disconnect"
    title = "force disconnect"
    close_code = 3503
