"""The HTTP routes of a Lambda function, and the only place that maps refusals to responses.

Powertools finds the route. The declaration of a route is data: tests compare it with template.yaml,
and docs/openapi.json is generated from it.
"""

import base64
import logging
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, is_dataclass, replace
from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    NamedTuple,
    ParamSpec,
    TypeVar,
    cast,
)

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response

from gatehouse import limits, strict_json
from gatehouse.backend.root import Backend, production
from gatehouse.errors import InternalError, InvalidGrant, NotFound, Refusal
from gatehouse.http import bodies, caller, problems
from gatehouse.identity import Device, Identity

if TYPE_CHECKING:
    from aws_lambda_powertools.shared.cookies import Cookie
    from pydantic import BaseModel

    InputType = type[BaseModel] | Callable[[], type[BaseModel]]

Body = TypeVar("Body")
P = ParamSpec("P")
Handler = Callable[["Request[Any]"], Any]

NO_STORE = {"Cache-Control": "no-store"}
"""A response is for one caller, and many contain tokens (RFC 6749 section 5.1)."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000",
}
"""Sent with every response. Browsers use only HTTPS for two years after the last one (RFC 6797).

Without ``includeSubDomains`` and without preloading: both decide over hosts that may not be part of
this deployment, if ``PublicUrl`` is the operator's main domain. Browsers ignore the header over
plain HTTP, so on the local stack."""

log = logging.getLogger(__name__)


class Content(NamedTuple):
    """An outcome that is not JSON: bytes of a media type."""

    media_type: str
    data: bytes


class SentToken(NamedTuple):
    """A refresh token and where it came from. Its successor is sent back the same way."""

    text: str
    in_cookie: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """An outcome that is more than a body: another status, cookies, or extra headers."""

    status: int
    outcome: Any = None
    cookies: "tuple[Cookie, ...]" = ()
    headers: Mapping[str, str] = field(default_factory=dict)


ACCEPTED = Reply(202)
"""An email says how to continue."""


@dataclass(frozen=True)
class Request(Generic[Body]):
    """One request: the backend that serves it, its validated body, and its sender."""

    backend: Backend
    body: Body
    event: dict[str, Any]
    path: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def caller(self) -> Identity:
        """The user whom the access token identifies.

        Raises:
            MissingToken: there is no access token.
            InvalidToken: the access token is not valid.
        """
        return caller.identify(self.backend, self.event)

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query string."""
        return self.event.get("queryStringParameters") or {}

    @property
    def refresh_token(self) -> SentToken:
        """The refresh token in the body or, only if the body has none, in the cookie of a page.

        A text in the body is never replaced by the cookie, whatever it is. Otherwise a script could
        have the cookie's token sent back in the body, where it can read it.

        Raises:
            PermissionDenied: the cookie would be used, and its page is not of an allowed origin.
        """
        body: Any = self.body
        if body.refresh_token is not None:
            return SentToken(body.refresh_token, in_cookie=False)
        cookie = self.refresh_cookie
        return SentToken(cookie or "", in_cookie=cookie is not None)

    @property
    def refresh_cookie(self) -> str | None:
        """The refresh token in the cookie of a page, if there is one.

        Raises:
            PermissionDenied: the page is not of an allowed origin.
        """
        from gatehouse.http.cookies import read_refresh_token

        return read_refresh_token(self.event, self.backend.settings.page_origins)

    @property
    def device(self) -> Device:
        return caller.device(self.event)


@dataclass(frozen=True, slots=True)
class Route:
    """The declaration of one route. ``Api.route`` takes the same parameters, except the handler."""

    handler: Handler
    method: str
    path: str
    """As in template.yaml, with parameters written as ``{name}``."""
    _: KW_ONLY
    status: int = 200
    """Status of the response if nothing is refused. A response with 204 has no body."""
    signed_in: bool = False
    """Whether an access token is required. It is verified before anything else is read."""
    limit: limits.Limit | None = None
    """Counted once the input is known to be well-formed, before the handler runs."""
    body: "InputType | None" = None
    """Model of the body, or a function that imports it. Pass a function if no other route of the
    Lambda function needs the model, so that the others start without pydantic."""
    form: bool = False
    """Whether the body is a form. Refusals then follow RFC 6749 section 5.2."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the query string, and their meaning."""
    cookie: bool = False
    """Whether the refresh token may be sent as a cookie."""
    returns: "type | Callable[[], type] | None" = None
    """Model of the JSON response, or a function that imports it, as with ``body``."""
    media_type: str = "application/json"
    """Media type of the response, if ``returns`` does not describe it."""
    headers: Mapping[str, str] = field(default_factory=lambda: NO_STORE)
    other_statuses: Mapping[int, str] = field(default_factory=dict)
    """Other statuses of success, and when they are sent."""
    errors: tuple[type[Refusal], ...] = ()
    """The refusals of the flow. Those that follow from the declaration are not repeated here."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of the requests that are answered.

        Anyone may ask for a public document without its content (RFC 9110 section 9.3.2)."""
        return ("GET", "HEAD") if self.method == "GET" and not self.signed_in else (self.method,)

    def input_model(self) -> "type[BaseModel] | None":
        return self.body if self.body is None or isinstance(self.body, type) else self.body()

    def output_model(self) -> type | None:
        if self.returns is None or isinstance(self.returns, type):
            return self.returns
        return self.returns()


def _decorator_of(
    declaration: Callable[Concatenate[Handler, P], Route],
) -> "Callable[Concatenate[Api, P], Callable[[Handler], Handler]]":
    """Returns a decorator with the parameters of ``Route``, so that they are listed only once."""

    def route(api: "Api", /, *args: P.args, **kwargs: P.kwargs) -> Callable[[Handler], Handler]:
        """Declares the decorated function as the handler of a route."""

        def declare(handler: Handler) -> Handler:
            api.add(declaration(handler, *args, **kwargs))
            return handler

        return declare

    return route


class Api:
    """The routes of one Lambda function.

    Calling it with an event of an HTTP API (payload format 2.0) returns the response.
    """

    route = _decorator_of(Route)

    def __init__(self, backend: Callable[[str], Backend] = production) -> None:
        self.routes: list[Route] = []
        self._backend = backend
        # The resolver gets bodies as text or bytes only. JSON is serialized before.
        self._resolver = APIGatewayHttpResolver(serializer=lambda body: cast("str", body))
        self._resolver.not_found(lambda _: self._refused(NotFound()))

    def add(self, route: Route) -> None:
        """Adds a route."""
        self.routes.append(route)
        rule = route.path.replace("{", "<").replace("}", ">")
        self._resolver.route(rule, list(route.methods))(lambda **path: self._answer(route, path))

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        response = self._resolver.resolve(event, context)
        is_head = event["requestContext"]["http"]["method"] == "HEAD"
        return _without_content(response) if is_head else response

    def _answer(self, route: Route, path: Mapping[str, str]) -> Response[Any]:
        try:
            outcome = route.handler(self._request(route, path))
        except Refusal as refusal:
            if refusal.status >= 500:
                cause = {"code": refusal.code, "cause": repr(refusal.__cause__)}
                log.error("refused", extra=cause, exc_info=refusal)
            return self._refused(refusal, route)
        except Exception:
            log.exception("unexpected error", extra={"route": f"{route.method} {route.path}"})
            return self._refused(InternalError(), route)
        reply = outcome if isinstance(outcome, Reply) else Reply(route.status, outcome)
        return _response(reply, route.headers)

    def _request(self, route: Route, path: Mapping[str, str]) -> Request[Any]:
        event = self._resolver.current_event.raw_event
        domain = event["requestContext"]["domainName"]
        request: Request[Any] = Request(self._backend(f"https://{domain}"), None, event, path)
        if route.signed_in:
            request.caller  # noqa: B018  # verifies the access token, or refuses
        model = route.input_model()
        if model is not None:
            read = bodies.read_form if route.form else bodies.read_json
            request = replace(request, body=read(event, model))
        if route.limit:
            account, session_id = _account(request.body), _session_id(route, request)
            limits.count(
                request.backend, route.limit, request.device, account, session_id=session_id
            )
        return request

    def _refused(self, refusal: Refusal, route: Route | None = None) -> Response[Any]:
        event = self._resolver.current_event.raw_event
        headers = {**NO_STORE, **problems.headers(refusal)}
        if route and route.form:
            status = problems.oauth_status(refusal)
            return _response(Reply(status, problems.oauth_error(refusal)), headers)
        document = problems.problem(refusal, event["requestContext"]["requestId"])
        return _response(Reply(refusal.status, document), headers, problems.CONTENT_TYPE)


def _response(
    reply: Reply, headers: Mapping[str, str], content_type: str = "application/json"
) -> Response[Any]:
    headers = {**ALWAYS, **headers, **reply.headers}
    if reply.outcome is None:
        return Response(reply.status, body="", headers=headers, cookies=list(reply.cookies))
    if isinstance(reply.outcome, Content):
        return Response(reply.status, reply.outcome.media_type, reply.outcome.data, headers)
    body = strict_json.dumps(_plain(reply.outcome))
    return Response(reply.status, content_type, body, headers, cookies=list(reply.cookies))


def _without_content(response: dict[str, Any]) -> dict[str, Any]:
    """Returns the response to HEAD: the headers of that to GET, which tell the length of what is
    left out (RFC 9110 section 8.6)."""
    body: str = response["body"]
    size = len(base64.b64decode(body) if response["isBase64Encoded"] else body.encode())
    headers = {**response["headers"], **({"Content-Length": str(size)} if size else {})}
    return {**response, "headers": headers, "body": "", "isBase64Encoded": False}


def _account(body: Any) -> str | None:
    """Returns the canonical email address in the body of a request, if it has one."""
    address = getattr(body, "email", None)
    return address.canonical if address else None


def _session_id(route: Route, request: Request[Any]) -> str:
    """Returns the session that an access token or a genuine refresh token proves, or "".

    Verifying a refresh token takes no AWS call, so it comes before the attempt is counted.
    """
    if route.signed_in:
        return request.caller.session_id
    if not (route.limit and route.limit.per_token):
        return ""
    from gatehouse.tokens import verify_refresh

    token = request.refresh_token.text if route.cookie else request.body.refresh_token or ""
    try:
        return verify_refresh(token, request.backend.keys.refresh_keys).session_id
    except InvalidGrant:
        return ""


def _plain(outcome: Any) -> Any:
    """Returns an output as JSON data. Dataclasses become objects of their fields, at any depth."""
    if is_dataclass(outcome):
        return {name: _plain(getattr(outcome, name)) for name in outcome.__dataclass_fields__}
    if isinstance(outcome, (list, tuple)):
        return [_plain(each) for each in outcome]
    return outcome
