"""The socket: its routes, its commands, and the one place that turns refusals into replies.

Replies are sent by @connections calls, not returned by the function, so that they keep their order
and no frame is empty. ``$default`` never raises: official clients read API Gateway's own error
frame as a ping, and one of them would answer it, which fails again in an endless loop.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend, production
from gatehouse.errors import Disconnected, ServerError
from gatehouse.headers import header
from gatehouse.stores.connections import Connection, Opening
from gatehouse.websocket.exchange import Exchange, Handler

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Model = TypeVar("Model", bound=DataclassInstance)

Outcome = TypeVar("Outcome")
Closer = Callable[[Backend, str, Disconnected | None], None]
Answer = dict[str, int]

OK: Answer = {"statusCode": 200}
FORBIDDEN: Answer = {"statusCode": 403}
FAILED: Answer = {"statusCode": 500}

ANY_ORIGIN = "*"

log = logging.getLogger(__name__)


class Socket:
    """The commands of the socket. Calling it handles an event of the WebSocket API."""

    def __init__(
        self,
        *,
        enter: "Callable[[Backend, str], None]",
        close: Closer,
        backend: Callable[[], Backend] = production,
    ) -> None:
        self.commands: dict[str, Handler] = {}
        self._enter_flow = enter
        self._close = close
        self._backend = backend

    def first_command(
        self,
        name: str,
        *,
        input: "type[Model]",
        flow: "Callable[[Backend, Opening, Model], Outcome]",
        after_reply: "Callable[[Backend, Outcome], None]",
    ) -> None:
        """Declares the command that must come first. Its flow creates the connection."""
        self.commands[name] = Handler(
            input=input, flow=flow, after_reply=after_reply, opens=True, changes=True
        )

    def command(
        self,
        name: str,
        *,
        input: "type[Model]",
        flow: "Callable[[Backend, Connection, Model], Outcome]",
        after_reply: "Callable[[Backend, Outcome], None] | None" = None,
        changes: bool = False,
        joins: bool = False,
        leaves: bool = False,
        delivers: bool = False,
    ) -> None:
        """Declares a command. Its flow receives the connection. ``Handler`` explains the flags."""
        self.commands[name] = Handler(
            input=input,
            flow=flow,
            after_reply=after_reply,
            changes=changes or joins or leaves,
            joins=joins,
            leaves=leaves,
            delivers=delivers,
        )

    def __call__(self, event: Mapping[str, Any], context: Any) -> Answer:
        route = None
        try:
            route = event["requestContext"]["routeKey"]
            match route:
                case "$connect":
                    return self._enter(event)
                case "$disconnect":
                    self._close(self._backend(), event["requestContext"]["connectionId"], None)
                case _:
                    self._talk(self._backend(), event, context)
        except Exception:
            log.exception("unexpected error", extra={"route": route})
            return FAILED if route == "$connect" else OK
        return OK

    def _enter(self, event: Mapping[str, Any]) -> Answer:
        """Accepts pages of the listed origins, and clients that send no origin. Identity is checked
        by ``connect`` instead: clients retry forever after a refused handshake."""
        origin, allowed = header(event, "origin"), self._backend().settings.page_origins
        if origin is None or origin in allowed or ANY_ORIGIN in allowed:
            self._enter_flow(self._backend(), event["requestContext"]["connectionId"])
            return OK
        log.info("refused an origin", extra={"origin": origin[:200]})
        return FORBIDDEN

    def _talk(self, backend: Backend, event: Mapping[str, Any], context: Any) -> None:
        """Handles a frame, and closes the connection if it must end."""
        connection_id = event["requestContext"]["connectionId"]
        exchange = Exchange(
            backend,
            connection_id,
            self.commands,
            age=_age(event, backend.clock.now()),
            time_left=_time_left(context),
        )
        try:
            exchange.run(event.get("body") or "")
        except ConnectionGone:
            # The connection may only be marked as closing, with its socket still open.
            self._close(backend, connection_id, ServerError())
        except Disconnected as reason:
            place = {"connection_id": connection_id, "code": reason.code, "reason": reason.detail}
            log.info("disconnected", extra=place)
            self._close(backend, connection_id, reason)
        except Exception:
            log.exception("unexpected error", extra={"connection_id": connection_id})
            self._close(backend, connection_id, ServerError())


def _age(event: Mapping[str, Any], now: int) -> float:
    """Returns the seconds since the handshake, or 0 if the gateway does not report it."""
    opened: int = event["requestContext"].get("connectedAt", now * 1000)
    return now - opened / 1000


def _time_left(context: Any) -> Callable[[], float]:
    """Returns a function that reports how many milliseconds the Lambda function may still run."""
    left: Callable[[], float] = getattr(
        context, "get_remaining_time_in_millis", lambda: float("inf")
    )
    return left
