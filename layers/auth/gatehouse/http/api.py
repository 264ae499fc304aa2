"""A function's HTTP routes: what each takes, gives and refuses, and the one place that maps errors.

Powertools finds the route. The declaration of a route is data: tests compare it with template.yaml,
and docs/openapi.json is made from it.
"""

import importlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response
from aws_lambda_powertools.shared.cookies import Cookie

from gatehouse import limits, strict_json
from gatehouse.backend import Backend, production
from gatehouse.errors import InternalError, NotFound, Refusal
from gatehouse.http import bodies, caller, cookies, problems
from gatehouse.identity import Device, Identity

if TYPE_CHECKING:
    from pydantic import BaseModel

    InputType = type[BaseModel] | str

Body = TypeVar("Body")
Handler = Callable[["Request[Any]"], Any]

NO_STORE = {"Cache-Control": "no-store"}
"""Answers are for one caller, and many hold tokens (RFC 6749 section 5.1)."""

ALWAYS = {"X-Content-Type-Options": "nosniff"}

log = logging.getLogger(__name__)


class Content(NamedTuple):
    """An outcome that is no JSON: bytes of a media type."""

    media_type: str
    data: bytes


class Reply(NamedTuple):
    """An outcome with more to say than a body: another status, a cookie, headers of its own."""

    status: int
    outcome: Any = None
    cookies: tuple[Cookie, ...] = ()
    headers: Mapping[str, str] = MappingProxyType({})


ACCEPTED = Reply(202)
"""A mail tells how to go on."""


@dataclass(frozen=True)
class Request(Generic[Body]):
    """One request: the backend that serves it, its validated body, and who sends it."""

    backend: Backend
    body: Body
    event: dict[str, Any]
    path: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def caller(self) -> Identity:
        """Whoever the access token proves. Raises: ``MissingToken``, ``InvalidToken``"""
        return caller.identify(self.backend, self.event)

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters behind the question mark."""
        return self.event.get("queryStringParameters") or {}

    @property
    def refresh_cookie(self) -> str | None:
        """The refresh token of a page. Raises: ``PermissionDenied`` for a foreign page."""
        return cookies.read_refresh_token(self.event, self.backend.settings.page_origins)

    @property
    def device(self) -> Device:
        return caller.device(self.event)


class Route(NamedTuple):
    """The declaration of one route."""

    method: str
    path: str
    handler: Handler
    status: int
    body: "InputType | None"
    """Model of the JSON body; as ``module:name`` where only this route of a function needs it, so
    that the others start without pydantic."""
    gives: type | None
    refuses: tuple[type[Refusal], ...]
    headers: Mapping[str, str]
    signed_in: bool
    limit: limits.Limit | None
    also: Mapping[int, str]
    form: bool
    media: str
    query: Mapping[str, str]
    cookie: bool

    def input_model(self) -> "type[BaseModel] | None":
        if not isinstance(self.body, str):
            return self.body
        module, _, name = self.body.partition(":")
        return cast("type[BaseModel]", getattr(importlib.import_module(module), name))


class Api:
    """The routes of one function; calling it answers an event of the HTTP API (payload 2.0)."""

    def __init__(self, backend: Callable[[str], Backend] = production) -> None:
        self.routes: list[Route] = []
        self._backend = backend
        # Bodies are text or bytes when they get there; also those of JSON.
        self._resolver = APIGatewayHttpResolver(serializer=lambda body: cast("str", body))
        self._resolver.not_found(lambda _: self._refused(NotFound()))

    def route(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        body: "InputType | None" = None,
        gives: type | None = None,
        refuses: tuple[type[Refusal], ...] = (),
        headers: Mapping[str, str] = NO_STORE,
        signed_in: bool = False,
        limit: limits.Limit | None = None,
        also: Mapping[int, str] | None = None,
        form: bool = False,
        media: str = "application/json",
        query: Mapping[str, str] | None = None,
        cookie: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declares a route.

        Args:
            path: as template.yaml writes it, parameters as ``{name}``.
            status: of the answer if nothing is refused; 204 has no body.
            signed_in: an access token is checked before anything else of the request is read.
            limit: counted when the input is known to be well-formed, before the handler runs.
            also: other statuses of success, and when they come.
            form: the body is a form, and refusals are told as RFC 6749 section 5.2 has them.
            media: the type of what is given, where it is no JSON.
            query: parameters behind the question mark, and what they mean.
            cookie: the refresh token may come as a cookie.
        """

        def declare(handler: Handler) -> Handler:
            route = Route(
                method=method,
                path=path,
                handler=handler,
                status=status,
                body=body,
                gives=gives,
                refuses=refuses,
                headers=headers,
                signed_in=signed_in,
                limit=limit,
                also=also or {},
                form=form,
                media=media,
                query=query or {},
                cookie=cookie,
            )
            self.routes.append(route)
            rule = path.replace("{", "<").replace("}", ">")
            self._resolver.route(rule, method)(lambda **path: self._answer(route, path))
            return handler

        return declare

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        return self._resolver.resolve(event, context)

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
            request.caller  # noqa: B018  # proves the caller, or refuses
        model = route.input_model()
        if model is not None:
            read = bodies.read_form if route.form else bodies.read_json
            request = replace(request, body=read(event, model))
        if route.limit:
            limits.count(request.backend, route.limit, request.device, _account(request.body))
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


def _account(body: Any) -> str | None:
    """The account that a request is about, as far as its body names one."""
    address = getattr(body, "email", None)
    return address.canonical if address else None


def _plain(outcome: Any) -> Any:
    """An output as JSON: the public fields of a dataclass, and the same for those inside it."""
    if is_dataclass(outcome):
        return {name: _plain(getattr(outcome, name)) for name in outcome.__dataclass_fields__}
    if isinstance(outcome, (list, tuple)):
        return [_plain(each) for each in outcome]
    return outcome
