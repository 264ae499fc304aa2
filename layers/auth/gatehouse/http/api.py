"""The HTTP routes of a Lambda function, and the only place that maps refusals to responses.

Powertools finds the route. The declaration of a route is data: tests compare it with template.yaml,
and docs/openapi.json is generated from it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    ParamSpec,
    cast,
)

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response

from gatehouse import limits
from gatehouse.backend.root import Backend, production
from gatehouse.errors import InternalError, InvalidGrant, NotFound, Refusal
from gatehouse.http import bodies, problems
from gatehouse.http.replies import NO_STORE, Reply, to_response, without_content
from gatehouse.http.requests import Request

if TYPE_CHECKING:
    from pydantic import BaseModel

    InputType = type[BaseModel] | Callable[[], type[BaseModel]]

P = ParamSpec("P")
Handler = Callable[["Request[Any]"], Any]

log = logging.getLogger(__name__)


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
        return without_content(response) if is_head else response

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
        return to_response(reply, route.headers)

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
            return to_response(Reply(status, problems.oauth_error(refusal)), headers)
        document = problems.problem(refusal, event["requestContext"]["requestId"])
        return to_response(Reply(refusal.status, document), headers, problems.CONTENT_TYPE)


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
