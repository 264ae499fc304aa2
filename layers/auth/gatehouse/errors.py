"""The public catalog of refusals: every error that Gatehouse returns, over HTTP or the socket.

    Refusal
    ├── BadInput         MalformedJson, MalformedForm, BodyTooLarge, UnsupportedMediaType,
    │                    InvalidInput, InvalidLink, UnsupportedGrant
    ├── Unauthenticated  MissingToken, InvalidToken, TokenExpired, InvalidCredentials,
    │                    InvalidPassword, InvalidGrant
    ├── Denied           AccountDisabled, PermissionDenied
    ├── Missing          NotFound, UnknownChannel, MethodNotFound, NotAvailable,
    │                    UnrecoverablePosition
    ├── Conflict         EmailTaken
    ├── ChallengeRequired  ChallengeFailed
    ├── LimitExceeded    TooManyRequests
    ├── Unavailable      MailsExhausted
    ├── InternalError
    └── Disconnected     the socket closes: ConnectionExpired, InvalidConnectionToken ...

``code`` is stable and meant for programs. ``title`` and ``detail`` are meant for people. Neither
reveals a private cause: the ``detail`` of a 5xx refusal is logged, never sent. ``status`` is the
HTTP status (RFC 9110), ``centrifuge_code`` the error code of the Centrifuge client protocol, and
``close_code`` the code of its disconnect push. Only ``http/`` and ``websocket/`` map them.
"""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple


class Problem(NamedTuple):
    """One fault of the input: a JSON Pointer (RFC 6901) to the field, and what is wrong with it."""

    pointer: str
    detail: str


class Refusal(Exception):
    """A request that is not carried out. It propagates unchanged to the API."""

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
    """The request itself is wrong, regardless of who sends it."""


class MalformedJson(BadInput):
    """The body is not one UTF-8 JSON document (RFC 8259) with unique keys and finite numbers."""

    code = "malformed_json"
    title = "The body is not valid JSON"


class MalformedForm(BadInput):
    """The body is not a UTF-8 form with each field at most once (RFC 6749 section 3.2)."""

    code = "malformed_form"
    title = "The body is not a valid form"


class BodyTooLarge(BadInput):
    """The body has more bytes than Gatehouse reads."""

    code = "body_too_large"
    title = "The body is too large"
    status = 413
    centrifuge_code = 106


class UnsupportedMediaType(BadInput):
    """The content type is not the one that the route accepts."""

    code = "unsupported_media_type"
    title = "The content type is not supported"
    status = 415


class NotAcceptable(BadInput):
    """The content is large and sent compressed only, and the client does not accept gzip."""

    code = "not_acceptable"
    title = "This content is only available compressed"
    status = 406


class InvalidInput(BadInput):
    """The input breaks the rules of the route's fields. ``errors`` says where."""

    code = "invalid_input"
    title = "The input is not valid"
    status = 422


class InvalidLink(BadInput):
    """The link or code is not valid: used, expired, tried too often, or never issued."""

    code = "invalid_link"
    title = "The link or code is no longer valid"


class UnsupportedGrant(BadInput):
    """``POST /token`` supports one grant, ``refresh_token`` (RFC 6749 section 5.2)."""

    code = "unsupported_grant_type"
    title = "The grant type is not supported"


class Unauthenticated(Refusal):
    """The caller did not prove who they are."""

    status = 401
    centrifuge_code = 101


class MissingToken(Unauthenticated):
    """The request carries no access token."""

    code = "missing_token"
    title = "An access token is required"


class InvalidToken(Unauthenticated):
    """The access token is malformed, forged, expired, revoked, or issued for another audience."""

    code = "invalid_token"
    title = "The access token is not valid"


class TokenExpired(InvalidToken):
    """The access token was valid and has expired. Clients fetch a new one and try again."""

    centrifuge_code = 109


class InvalidCredentials(Unauthenticated):
    """The password is wrong or the email address unknown. The answer is the same for both."""

    code = "invalid_credentials"
    title = "The email address or the password is wrong"


class InvalidPassword(InvalidCredentials):
    """The password that a signed-in user entered to confirm a change is wrong."""

    code = "invalid_password"
    title = "The password is wrong"


class InvalidGrant(Unauthenticated):
    """The refresh token is invalid, expired, revoked or already used (RFC 6749 section 5.2)."""

    code = "invalid_grant"
    title = "The refresh token is not valid"
    status = 400


class Denied(Refusal):
    """The caller is known but is not allowed to do this."""

    status = 403
    centrifuge_code = 103


class AccountDisabled(Denied):
    """An operator disabled the account. Reported only when the password is right."""

    code = "account_disabled"
    title = "This account is disabled"


class PermissionDenied(Denied):
    """The channel's rule or token does not allow it, or a page's origin may not use the cookie."""

    code = "permission_denied"
    title = "Permission denied"


class Missing(Refusal):
    """What the request names does not exist."""

    status = 404
    centrifuge_code = 108


class NotFound(Missing):
    """There is no such route or resource."""

    code = "not_found"
    title = "Not found"


class UnknownChannel(Missing):
    """No rule covers a channel of this name."""

    code = "unknown_channel"
    title = "Unknown channel"
    centrifuge_code = 102


class MethodNotFound(Missing):
    """There is no command of this name."""

    code = "method_not_found"
    title = "Method not found"
    centrifuge_code = 104


class NotAvailable(Missing):
    """The client protocol has the command, but this channel or server does not offer it."""

    code = "not_available"
    title = "Not available"


class UnrecoverablePosition(Missing):
    """The publications after the position are no longer stored. The client starts over."""

    code = "unrecoverable_position"
    title = "Unrecoverable position"
    centrifuge_code = 112


class Conflict(Refusal):
    """The request contradicts the stored data."""

    status = 409


class EmailTaken(Conflict):
    """An account with this address exists. Reported only where email verification is off."""

    code = "email_taken"
    title = "An account with this email address already exists"


class ChallengeRequired(Refusal):
    """The request needs a solved challenge, which the response carries as ``challenge``.

    The client solves it and sends the same request with the member ``solution``. The status is 428
    (RFC 6585 section 3) rather than 403: the request succeeds once something is added to it, and
    no firewall in between sends a 428.
    """

    code = "challenge_required"
    title = "Solve the challenge and send the request again"
    status = 428

    def __init__(self, detail: str = "", *, challenge: Mapping[str, object] | None = None) -> None:
        super().__init__(detail)
        self.challenge = challenge or {}


class ChallengeFailed(ChallengeRequired):
    """The ``solution`` is wrong, expired, used before, or made for another request.

    The response carries a new ``challenge``.
    """

    code = "challenge_failed"
    title = "The solution of the challenge is not valid"


class LimitExceeded(Refusal):
    """A fixed limit is reached: the channels of a connection, or the size of a reply."""

    code = "limit_exceeded"
    title = "Limit exceeded"
    status = 429
    centrifuge_code = 106


class TooManyRequests(LimitExceeded):
    """Too many for now. Over HTTP, ``Retry-After`` says how many seconds to wait."""

    code = "too_many_requests"
    title = "Too many requests"
    centrifuge_code = 111
    temporary = True


class Unavailable(Refusal):
    """A service that Gatehouse needs is not available. Nothing is half-written; try again."""

    code = "unavailable"
    title = "Temporarily unavailable"
    status = 503
    centrifuge_code = 100
    temporary = True


class MailsExhausted(Unavailable):
    """Strangers have caused all the emails that the service sends for them in an hour.

    ``Retry-After`` says how many seconds to wait.
    """

    code = "mails_exhausted"
    title = "Too many emails were requested from this service. Try again later"


class InternalError(Refusal):
    """A fault in Gatehouse. Over HTTP, the response's ``request_id`` finds its cause in the log."""

    code = "internal_error"
    title = "Something went wrong on our side"
    status = 500
    centrifuge_code = 100
    temporary = True


class Disconnected(Refusal):
    """The socket receives a disconnect push with ``close_code`` and is closed.

    Codes from 3500 to 3999 are final for the official clients. After others they reconnect.
    """

    code = "disconnected"
    title = "connection closed"
    status = 400
    close_code: ClassVar[int] = 3000


class ServerError(Disconnected):
    """A fault in Gatehouse. The client reconnects."""

    code = "server_error"
    title = "internal server error"
    close_code = 3004


class ConnectionExpired(Disconnected):
    """The connection outlived its token. The client reconnects with a new one."""

    code = "connection_expired"
    title = "connection expired"
    close_code = 3005


class FloodingClient(Disconnected):
    """Too many frames wait to be carried out. The client reconnects after a while."""

    code = "flooding_client"
    title = "too many requests"
    close_code = 3013


class InvalidConnectionToken(Disconnected):
    """The token of ``connect`` or ``refresh`` can never become valid, or its session ended."""

    code = "invalid_connection_token"
    title = "invalid token"
    close_code = 3500


class BadFrame(Disconnected):
    """The client does not speak the protocol. Trying again would not help."""

    code = "bad_frame"
    title = "bad request"
    close_code = 3501


class StaleConnection(Disconnected):
    """No ``connect`` succeeded in time."""

    code = "stale_connection"
    title = "stale"
    close_code = 3502


class ConnectionLimit(Disconnected):
    """The user has as many connections as one user may have."""

    code = "connection_limit"
    title = "connection limit"
    close_code = 3504


class ForcedDisconnect(Disconnected):
    """The session ended: signed out, revoked, or its account disabled."""

    code = "forced_disconnect"
    title = "force disconnect"
    close_code = 3503
