"""Records which routes and commands run, at the point where the functions call their flows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from gatehouse.backend.root import Backend
from gatehouse.http.api import Api, Route
from gatehouse.websocket.exchange import Exchange
from gatehouse.websocket.frames import Command
from harness.functions import load_app


def declared(function: str, backend: Backend) -> set[str]:
    """Returns the routes and commands of a function, named as in ``exercised``."""
    app = load_app(function, backend)
    routes = {_name(route) for route in app.api.routes} if hasattr(app, "api") else set()
    return routes | (set(app.socket.commands) if hasattr(app, "socket") else set())


@contextmanager
def exercised() -> Iterator[set[str]]:
    """Collects the routes and commands that succeed in the block: ``GET /profile``, ``publish``."""
    succeeded: set[str] = set()
    answer, carry_out = Api._answer, Exchange._carry_out

    def noted_answer(self: Api, route: Route, path: Mapping[str, str]) -> Any:
        response = answer(self, route, path)
        if response.status_code < 400:
            succeeded.add(_name(route))
        return response

    def noted_command(self: Exchange, command: Command) -> object:
        outcome = carry_out(self, command)
        succeeded.add(command.method)
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Api, "_answer", noted_answer)
        patch.setattr(Exchange, "_carry_out", noted_command)
        yield succeeded


def _name(route: Route) -> str:
    return f"{route.method} {route.path}"
