"""The grants that each HTTP route uses, from the scenarios that carry every route out.

``python -m tests.support.used_grants`` writes them down for docs/routes.md.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from docs.generator.routes import USED_GRANTS
from gatehouse.http.api import Api, Route
from harness.capabilities import capabilities
from harness.moto_backend import MotoBackend, moto_backend
from harness.template import functions
from tests.conftest import simulate_account
from tests.support.calls import Call, recorded
from tests.support.grants import Request, allows, requests
from tests.support.scenarios import SCENARIOS

WITHOUT_GRANTS = {name for name in functions() if not capabilities(name)}
"""Functions that ask AWS for nothing, so that their scenarios need not run."""


def used_grants() -> dict[str, list[str]]:
    """Returns the names of the capabilities that each route uses, in the template's order."""
    return {route: grants for function in functions() for route, grants in _used_by(function)}


def text(grants: dict[str, list[str]]) -> str:
    """Returns the content of the committed file."""
    return json.dumps(grants, indent=2) + "\n"


def _used_by(function: str) -> Iterator[tuple[str, list[str]]]:
    if function in WITHOUT_GRANTS:
        return
    with moto_backend() as moto:
        act = SCENARIOS[function](moto)
        with recorded() as calls, _calls_of_routes(calls) as by_route:
            act()
        for route, made in by_route.items():
            used = {_capability(function, request) for request in _asked(made, moto)}
            yield route, [each.name for each in capabilities(function) if each.name in used]


@contextmanager
def _calls_of_routes(calls: list[Call]) -> Iterator[dict[str, list[Call]]]:
    """Yields the calls that each route makes within the block, whether it succeeds or not."""
    by_route: dict[str, list[Call]] = defaultdict(list)
    answer = Api._answer

    def noted_answer(self: Api, route: Route, path: Mapping[str, str]) -> Any:
        start, backend = len(calls), self._backend
        with pytest.MonkeyPatch.context() as patch:
            # Each request by a process that has read no key and no secret yet.
            patch.setattr(self, "_backend", lambda origin: replace(backend(origin)))
            response = answer(self, route, path)
        by_route[f"{route.method} {route.path}"] += calls[start:]
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Api, "_answer", noted_answer)
        yield by_route


def _asked(calls: list[Call], moto: MotoBackend) -> Iterator[Request]:
    for call in calls:
        yield from requests(call, moto)


def _capability(function: str, request: Request) -> str:
    """Returns the first capability of a function that allows a request."""
    return next(
        each.name
        for each in capabilities(function)
        if any(allows(statement, request) for statement in each.statements)
    )


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as simulated:
        simulate_account(simulated)
        logging.disable()  # the scenarios provoke errors
        USED_GRANTS.write_text(text(used_grants()), encoding="utf-8")
