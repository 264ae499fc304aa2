"""Malformed bodies, forms, IDs and cursors are sent to every route that reads them: each is refused
with a 4xx and costs no hash."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from gatehouse import limits
from harness.http_app import ELSEWHERE, HttpApp, event_of
from harness.moto_backend import MotoBackend
from harness.template import routes
from tests.security.conftest import Watched
from tests.support.requests import EMAIL, FILES, FORM, JSON, ROUTES, Good

KB = 1_024
DEEP = 100_000


def _ask(app: HttpApp, route: Good, body: object, **options: Any) -> Any:
    if route.signed_in:
        options["token"] = app.moto.access_token(app.moto.user())
    return app.ask(route.method, route.path, body, **options)


def _first(route: Good) -> str:
    return next(iter(route.body or {}))


def _text(route: Good) -> str:
    return json.dumps(route.body)


BODIES: dict[str, Any] = {
    "empty": lambda _: "",
    "space": lambda _: "  ",
    "cut": lambda route: _text(route)[:-1],
    "two documents": lambda route: _text(route) * 2,
    "list": lambda route: f"[{_text(route)}]",
    "string": lambda _: '"x"',
    "number": lambda _: "1",
    "null": lambda _: "null",
    "deep list": lambda _: "[" * (DEEP // 2) + "]" * (DEEP // 4),
    "deep object": lambda _: '{"a":' * 10_000 + "1" + "}" * 10_000,
    "deep in a field": lambda route: f'{{"{_first(route)}":' + "[" * 20_000 + "]" * 20_000 + "}",
    "duplicate key": lambda route: f'{{"{_first(route)}":"x",{_text(route)[1:]}',
    "duplicate escaped key": lambda route: (
        f'{{"\\u{ord(_first(route)[0]):04x}{_first(route)[1:]}":"x",{_text(route)[1:]}'
    ),
    "NaN": lambda route: f'{{"{_first(route)}":NaN}}',
    "Infinity": lambda route: f'{{"{_first(route)}":-Infinity}}',
    "1e999": lambda route: f'{{"{_first(route)}":1e999}}',
    "5,000 digits": lambda route: f'{{"{_first(route)}":{"9" * 5_000}}}',
    "BOM": lambda route: "\ufeff" + _text(route),
    "BOM as bytes": lambda route: b"\xef\xbb\xbf" + _text(route).encode(),
    "UTF-16": lambda route: _text(route).encode("utf-16"),
    "invalid UTF-8": lambda route: _text(route).encode().replace(b"e", b"\xff", 1),
    "overlong UTF-8": lambda route: _text(route).encode().replace(b"e", b"\xc1\xa5", 1),
    "lone surrogate": lambda route: f'{{"{_first(route)}":"\\ud800"}}',
    "lone surrogate as a key": lambda _: '{"\\udfff":"x"}',
    "NUL": lambda route: f'{{"{_first(route)}":"a\\u0000b"}}',
    "NUL as it is": lambda route: f'{{"{_first(route)}":"a\x00b"}}',
    "operator": lambda route: json.dumps({**(route.body or {}), _first(route): {"$ne": ""}}),
    "DynamoDB": lambda route: json.dumps({**(route.body or {}), _first(route): {"S": "x"}}),
    "list in a field": lambda route: json.dumps({**(route.body or {}), _first(route): ["x"]}),
    "number in a field": lambda route: json.dumps({**(route.body or {}), _first(route): 1}),
    "true in a field": lambda route: json.dumps({**(route.body or {}), _first(route): True}),
    "unknown field": lambda route: json.dumps({**(route.body or {}), "role": "admin"}),
    "__proto__": lambda route: json.dumps({**(route.body or {}), "__proto__": {"role": "admin"}}),
    "comment": lambda route: _text(route) + "// x",
    "single quotes": lambda route: _text(route).replace('"', "'"),
    "64 KB and a byte": lambda _: json.dumps({"x": "a" * (64 * KB)}),
    "4 MB": lambda _: json.dumps({"x": "a" * (4 * KB * KB)}),
    "4 MB as bytes": lambda _: json.dumps({"x": "a" * (4 * KB * KB)}).encode(),
    "64 KB of spaces": lambda route: _text(route) + " " * 64 * KB,
}


@pytest.mark.parametrize("name", BODIES)
def test_bad_body_is_refused_by_every_route(app: Watched, hashes: list[str], name: str) -> None:
    hashes.clear()
    for route in JSON:
        before = len(app.items())
        answer = _ask(app, route, BODIES[name](route))
        assert 400 <= answer.status < 500, route.name
        assert answer.code in {"malformed_json", "invalid_input", "body_too_large"}, route.name
        if name.startswith(("4 MB", "64 KB")):
            assert answer.status == 413
        if not route.signed_in:
            assert len(app.items()) == before, "nothing is counted or written"
    assert len(hashes) == sum(route.signed_in for route in JSON), "only those of the test's users"


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "json"],
)
def test_wrong_content_type(app: Watched, content_type: str | None) -> None:
    for route in JSON:
        answer = _ask(app, route, route.body, headers={"content-type": content_type})
        assert answer.status == 415, route.name


@pytest.mark.parametrize("spell", [str.title, str.upper, str.swapcase])
def test_names_of_headers_are_read_in_any_case(app: Watched, spell: Callable[[str], str]) -> None:
    token = app.moto.access_token(app.moto.user())
    for route in ROUTES:
        body = urlencode(route.body or {}) if route.form else route.body
        headers = FORM if route.form else {}
        event = event_of(route.method, route.path, body, token=token, headers=headers)
        event["headers"] = {spell(name): value for name, value in event["headers"].items()}
        answer = app.send(event)
        assert answer.status != 415, route.name
        assert answer.code != "missing_token", route.name


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
def test_form_of_another_type(app: Watched, content_type: str | None) -> None:
    headers = {"content-type": content_type}
    answer = app.ask("POST", "/token", "grant_type=refresh_token", headers=headers)
    assert (answer.status, answer.code) == (415, "invalid_request")


@pytest.mark.parametrize(
    "form",
    [
        "grant_type=refresh_token&grant_type=password",
        "grant_type=%ff",
        "grant_type=refresh_token&refresh_token=%00",
        "&".join(f"a{n}=1" for n in range(60)),
        "grant_type[]=refresh_token",
        "",
        "=",
        "%",
    ],
)
def test_bad_form(app: Watched, form: str) -> None:
    answer = app.ask("POST", "/token", form, headers=FORM)
    assert answer.status in (400, 422)
    assert answer.code == "invalid_request"


@pytest.mark.parametrize("grant", ["password", "client_credentials", "REFRESH_TOKEN", "#n"])
def test_other_grant(app: Watched, grant: str) -> None:
    answer = app.ask("POST", "/token", f"grant_type={grant.replace('#', '%23')}", headers=FORM)
    assert answer.code == "unsupported_grant_type"


@pytest.mark.parametrize(
    "path_id",
    ["x", "#", "%23", "SESSION#1", "a|b", "0" * 31, "0" * 33, "A" * 32, "*", "..", "x" * 10_000],
)
def test_key_separators_in_an_id(app: Watched, path_id: str) -> None:
    token = app.moto.access_token(app.moto.user())
    app.wire.clear()
    answer = app.ask("DELETE", f"/sessions/{path_id}", token=token)
    assert answer.status == 404
    keys = [(each.operation, each.request["Key"]["pk"]["S"]) for each in app.wire.calls]
    assert {operation for operation, pk in keys if not pk.startswith("LIMIT#")} <= {"get_item"}


@pytest.mark.parametrize(
    "cursor",
    ["x", "", "AAAA", "é", "=", "%00", "A" * 10_000, "' OR 1=1", "#sk", "AAAAAAAAAAAAAAAAAAAAAA"],
)
def test_tampered_cursor(app: Watched, cursor: str) -> None:
    token = app.moto.access_token(app.moto.user())
    from urllib.parse import quote

    answer = app.ask("GET", f"/profile/events?cursor={quote(cursor)}", token=token)
    assert answer.status == (200 if cursor == "" else 422)


def test_cursor_of_somebody_else(app: Watched) -> None:
    ada, eve = app.moto.user(), app.moto.user()
    mine, hers = app.moto.access_token(ada), app.moto.access_token(eve)
    for _ in range(60):
        app.moto.sign_in(ada)
    page = app.ask("GET", "/profile/events", token=mine).json
    assert page["next"]
    path = f"/profile/events?cursor={page['next']}"
    assert app.ask("GET", path, token=mine).status == 200
    assert app.ask("GET", path, token=hers).code == "invalid_input"
    assert app.ask("GET", path[:-2], token=mine).code == "invalid_input"


def test_the_answer_tells_nothing_back(app: Watched) -> None:
    secret = "s3cr3t-that-was-sent"
    for route in JSON:
        for body in (
            {**(route.body or {}), _first(route): {"x": secret}},
            {**(route.body or {}), _first(route): secret * 2_000},
        ):
            assert secret not in _ask(app, route, body).text


def test_every_route_of_the_template_is_attacked(app: Watched) -> None:
    attacked = {
        app.route(route.method, route.path.partition("?")[0]) for route in (*ROUTES, *FILES)
    }
    quiet = {path for path in routes() if path[1] == "/" or path[1].startswith("/.well-known/")}
    assert attacked == routes() - quiet


def test_a_great_body_costs_no_hash_and_no_read(app: Watched, hashes: list[str]) -> None:
    app.moto.user(EMAIL)
    hashes.clear()
    for email in (EMAIL, "nobody@example.com"):
        app.wire.clear()
        answer = app.log_in(email, "x" * KB * KB, address=ELSEWHERE)
        assert answer.status == 413
        assert not app.wire.calls
    assert not hashes


def test_limits_count_no_bad_bodies(moto: MotoBackend) -> None:
    assert limits.LOG_IN.per_address
    app = HttpApp(moto, moto.backend)
    for _ in range(limits.LOG_IN.per_address.most + 1):
        assert app.ask("POST", "/login", "{").status == 400
