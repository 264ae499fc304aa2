"""Folders, functions, routes and sample events match."""

import json

import pytest

from docs.generator.openapi import apis
from harness.events import EVENTS, http_names, names, sample
from harness.template import ROOT, functions, routes

OTHER_EVENTS = {
    "mailer": "mailer-",
    "maintenance": "maintenance-",
    "rotation": "rotation-",
    "delivery": "delivery-",
}
"""Name prefixes of the sample events of functions without HTTP routes, except the socket's."""


def in_code() -> dict[str, set[tuple[str, str]]]:
    return {
        name: {(method, route.path) for route in api.routes for method in route.methods}
        for name, api in apis().items()
    }


def in_template(function: str) -> set[tuple[str, str]]:
    return {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for event in functions()[function].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


# Folders and functions.


def test_every_folder_is_a_function_and_the_reverse() -> None:
    folders = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert folders == set(functions())


def test_folder_holds_one_file() -> None:
    for folder in ROOT.glob("functions/*/"):
        files = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
        # The built page is stored next to the function that serves it.
        built = {"assets", "openapi.json"} if folder.name == "pages" else set()
        assert files - built == {"app.py"}, folder


def test_every_function_has_a_handler() -> None:
    for path in ROOT.glob("functions/*/app.py"):
        text = path.read_text(encoding="utf-8")
        assert "\nhandler = " in text or "\ndef handler(" in text, path


# Routes.


@pytest.mark.parametrize("function", sorted(functions()))
def test_routes_of_the_template_are_those_of_the_code(function: str) -> None:
    assert in_template(function) == in_code().get(function, set())


def test_route_belongs_to_one_function() -> None:
    declared = [(route.method, route.path) for api in apis().values() for route in api.routes]
    assert sorted(declared) == sorted(routes())


def test_head_is_answered_where_anyone_may_get() -> None:
    answered = {path for each in in_code().values() for method, path in each if method == "HEAD"}
    assert answered == {path for method, path in PUBLIC if method == "GET"}


def test_handlers_have_names_of_their_own() -> None:
    handlers = [route.handler.__name__ for api in apis().values() for route in api.routes]
    assert sorted(set(handlers)) == sorted(handlers)


def test_every_handler_says_what_it_does() -> None:
    assert all(route.handler.__doc__ for api in apis().values() for route in api.routes)


PUBLIC = {
    ("GET", "/"),
    ("GET", "/app"),
    ("GET", "/app/config.json"),
    ("GET", "/app/{file}"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/.well-known/openid-configuration"),
    ("POST", "/emails/confirm"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("POST", "/passwords/forgot"),
    ("POST", "/passwords/reset"),
    ("POST", "/register"),
    ("POST", "/register/resend"),
    ("POST", "/register/verify"),
    ("POST", "/revoke"),
    ("POST", "/sessions/refresh"),
    ("POST", "/token"),
}
"""The routes that do not check an access token."""


def test_every_route_is_on_the_public_list_or_checks_a_token() -> None:
    unchecked = {
        (route.method, route.path)
        for api in apis().values()
        for route in api.routes
        if not route.signed_in
    }
    assert unchecked == PUBLIC


def test_every_public_route_that_writes_is_limited() -> None:
    unlimited = {
        (route.method, route.path)
        for api in apis().values()
        for route in api.routes
        if route.method != "GET" and not route.signed_in and not route.limit
    }
    assert unlimited == set()


# Sample events.


def test_every_route_has_exactly_one_sample() -> None:
    sampled = [sample(name)["routeKey"] for name in http_names()]
    assert sorted(sampled) == sorted(" ".join(route) for route in routes())


@pytest.mark.parametrize("name", http_names())
def test_sample_speaks_of_one_route(name: str) -> None:
    event = sample(name)
    method, path = event["routeKey"].split(" ")
    context = event["requestContext"]
    assert event["version"] == "2.0"
    assert context["routeKey"] == event["routeKey"]
    assert context["http"]["method"] == method
    filled = path.format(**event.get("pathParameters", {}))
    assert event["rawPath"] == context["http"]["path"] == filled


@pytest.mark.parametrize("name", http_names())
def test_sample_has_a_body_where_its_route_takes_one(name: str) -> None:
    event = sample(name)
    (takes,) = (
        route.body is not None
        for api in apis().values()
        for route in api.routes
        if f"{route.method} {route.path}" == event["routeKey"]
    )
    assert ("body" in event) == takes
    assert event["headers"]["content-length"] == str(len(event.get("body", "")))


def test_every_function_without_routes_has_a_sample() -> None:
    others = {name for name in functions() if not in_template(name)} - {"realtime"}
    assert others == set(OTHER_EVENTS)
    for start in OTHER_EVENTS.values():
        assert [name for name in names() if name.startswith(start)]


def test_every_sample_belongs_to_a_function() -> None:
    known = {*http_names(), *(n for n in names() if n.startswith(tuple(OTHER_EVENTS.values())))}
    assert set(names()) == known


def test_socket_has_samples() -> None:
    assert list(EVENTS.glob("socket-*.json"))


def test_samples_are_written_alike() -> None:
    for name in names():
        text = (EVENTS / f"{name}.json").read_text(encoding="utf-8")
        assert text == json.dumps(sample(name), indent=2, ensure_ascii=False) + "\n", name
