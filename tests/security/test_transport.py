"""A network that strips TLS gets one chance at most: every response asks browsers for HTTPS only
(RFC 6797), whatever its route and status."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from docs.generator.openapi import apis
from docs.generator.operations import refused_by
from gatehouse.backend.root import Backend
from gatehouse.http.api import Api, Route
from gatehouse.http.replies import Reply
from gatehouse.http.requests import Request
from gatehouse.settings import Settings
from harness.functions import CONTEXT, Answer, answer_of
from harness.http_app import event_of

ROUTES = [route for api in apis().values() for route in api.routes]

every_route = pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")


def outcomes(route: Route) -> Iterator[Reply | Exception]:
    """Yields one outcome for each status of a route, and one for each of its refusals."""
    yield from (Reply(status, headers={}) for status in (route.status, *route.other_statuses))
    yield from (Reply(status, {}) for status in (route.status, *route.other_statuses))
    yield from (refusal() for refusal in refused_by(route))
    yield RuntimeError("unexpected")


def answer_to(route: Route, outcome: Reply | Exception, method: str) -> Answer:
    """Returns the response of a route whose handler has this outcome."""

    def handler(_: Request[Any]) -> Reply:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    api = Api(lambda url: Backend(Settings(public_url=url)))
    api.add(replace(route, handler=handler, signed_in=False, body=None, limit=None))
    return answer_of(api(event_of(method, route.path), CONTEXT))


@every_route
def test_tls_is_never_stripped_again_after_any_response(route: Route) -> None:
    for outcome in outcomes(route):
        for method in route.methods:
            answer = answer_to(route, outcome, method)
            assert answer.headers["strict-transport-security"] == "max-age=63072000", outcome


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "TRACE"])
def test_tls_is_never_stripped_again_after_an_unknown_route(method: str) -> None:
    api = Api(lambda url: Backend(Settings(public_url=url)))
    answer = answer_of(api(event_of(method, "/nowhere"), CONTEXT))
    assert answer.status == 404
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
