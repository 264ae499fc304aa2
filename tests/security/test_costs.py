"""What each route costs when it succeeds, in a process that has already loaded its keys: AWS calls,
DynamoDB units and hashes. A route that becomes more expensive shows up in docs/evidence.md.

Units are counted from item sizes by DynamoDB's rules: one read unit for each 4 KB of a consistent
read, one write unit for each 1 KB of a write, and twice as many for a write in a transaction.
"""

import math
from collections.abc import Callable
from typing import Any

import pytest

from harness.functions import Answer
from harness.http_app import NEW_PASSWORD
from harness.moto_backend import PASSWORD
from harness.template import functions, routes
from tests.security.conftest import Watched
from tests.support.evidence import Record
from tests.support.requests import FORM

ADA = "ada@example.com"
READ, WRITTEN = 4_096, 1_024
WRITES = {"put_item", "update_item", "delete_item"}
Item = dict[str, Any]
Ask = Callable[[Watched, dict[str, Any]], Answer]


def _post(path: str, body: dict[str, Any]) -> Ask:
    return lambda app, _: app.ask("POST", path, body)


def _get(path: str) -> Ask:
    return lambda app, _: app.ask("GET", path)


def _hers(method: str, path: str, body: dict[str, Any] | None = None) -> Ask:
    return lambda app, tokens: app.ask(
        method, path.format(**tokens), body, token=tokens["access_token"]
    )


def _with(path: str, **names: str) -> Ask:
    """Returns a request whose body carries values that were issued earlier, such as tokens."""

    def ask(app: Watched, tokens: dict[str, Any]) -> Answer:
        body = {name: tokens[what] for name, what in names.items()}
        if path in ("/register/verify", "/passwords/reset"):
            body["password"] = NEW_PASSWORD if path.endswith("reset") else PASSWORD
        return app.ask("POST", path, body)

    return ask


def _form(path: str, text: str) -> Ask:
    return lambda app, tokens: app.ask("POST", path, text.format(**tokens), headers=FORM)


NEXT = {"new_email": "ada@example.org", "password": PASSWORD}
CHANGED = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
COSTS: dict[str, tuple[Ask, int]] = {
    "POST /register": (_post("/register", {"email": "x@example.com", "password": PASSWORD}), 1),
    "POST /register/verify": (_with("/register/verify", token="verify"), 1),
    "POST /register/resend": (_post("/register/resend", {"email": "new@example.com"}), 0),
    "POST /login": (_post("/login", {"email": ADA, "password": PASSWORD}), 1),
    "POST /sessions/refresh": (_with("/sessions/refresh", refresh_token="refresh_token"), 0),
    "POST /logout": (_with("/logout", refresh_token="refresh_token"), 0),
    "POST /token": (
        _form("/token", "grant_type=refresh_token&refresh_token={refresh_token}"),
        0,
    ),
    "POST /revoke": (_form("/revoke", "token={refresh_token}"), 0),
    "GET /sessions": (_hers("GET", "/sessions"), 0),
    "DELETE /sessions/{id}": (_hers("DELETE", "/sessions/{other}"), 0),
    "DELETE /sessions": (_hers("DELETE", "/sessions"), 0),
    "POST /passwords/forgot": (_post("/passwords/forgot", {"email": ADA}), 0),
    "POST /passwords/reset": (_with("/passwords/reset", token="reset"), 1),
    "PUT /password": (_hers("PUT", "/password", CHANGED), 2),
    "POST /emails/change": (_hers("POST", "/emails/change", NEXT), 1),
    "POST /emails/confirm": (_with("/emails/confirm", token="old"), 0),
    "GET /profile": (_hers("GET", "/profile"), 0),
    "PATCH /profile": (_hers("PATCH", "/profile", {"name": "Countess"}), 0),
    "DELETE /profile": (_hers("DELETE", "/profile", {"password": PASSWORD}), 1),
    "GET /profile/export": (_hers("GET", "/profile/export"), 0),
    "GET /profile/events": (_hers("GET", "/profile/events"), 0),
    "GET /": (_get("/"), 0),
    "GET /.well-known/jwks.json": (_get("/.well-known/jwks.json"), 0),
    "GET /.well-known/openid-configuration": (_get("/.well-known/openid-configuration"), 0),
    "GET /.well-known/oauth-authorization-server": (
        _get("/.well-known/oauth-authorization-server"),
        0,
    ),
}


def _given(app: Watched) -> dict[str, Any]:
    """Prepares Ada with two sessions, a registration to verify, and a link of each kind."""
    app.moto.user(ADA)
    tokens, other = app.tokens(ADA), app.tokens(ADA, agent="other")
    app.register("new@example.com")
    app.ask("POST", "/passwords/forgot", {"email": ADA})
    move = {**NEXT, "new_email": "ada@example.net"}
    app.ask("POST", "/emails/change", move, token=tokens["access_token"])
    return {
        **tokens,
        "other": app.backend.keys.verify_access(other["access_token"]).session_id,
        "verify": app.mailed_token("verify_email"),
        "reset": app.mailed_token("reset_password"),
        "old": app.mailed_token("confirm_old_email"),
    }


def test_every_route_but_the_pages_is_counted() -> None:
    events = functions()["pages"]["Events"].values()
    pages = {(each["Properties"]["Method"], each["Properties"]["Path"]) for each in events}
    assert set(COSTS) == {f"{method} {path}" for method, path in routes() - pages}


@pytest.mark.parametrize("route", COSTS)
def test_route_hashes_as_often_as_it_must(
    strict_app: Watched, hashes: list[str], route: str, evidence: Record
) -> None:
    app, (ask, hashed) = strict_app, COSTS[route]
    tokens = _given(app)
    before = _by_key(app)
    app.wire.clear()
    hashes.clear()
    answer = ask(app, tokens)
    assert answer.status < 300, answer
    assert len(hashes) == hashed
    items = [before, _by_key(app)]
    calls = [call for call in app.wire.calls if call.operation != "send_message"]
    evidence(
        "Costs of a request",
        {
            "route": route,
            "DynamoDB calls": len(calls),
            "queue calls": len(app.wire.calls) - len(calls),
            "read units": sum(_read(call.operation, call.request, items) for call in calls),
            "write units": sum(_written(call.operation, call.request, items) for call in calls),
            "hashes": len(hashes),
        },
    )


def _by_key(app: Watched) -> dict[str, Item]:
    contents = app.moto.dynamodb.scan(TableName="AccountsTable")["Items"]
    return {item["pk"]["S"] + item["sk"]["S"]: item for item in contents}


def _size(item: Item) -> int:
    """Returns the bytes of names and values, nearly as DynamoDB counts them.

    DynamoDB counts two digits of a number as one byte, this function as two.
    """
    return sum(len(name) + len(str(value)) - 8 for name, value in item.items())


def _sizes(part: dict[str, Any], items: list[dict[str, Item]]) -> int:
    key = part.get("Key") or part["Item"]
    name = key["pk"]["S"] + key["sk"]["S"]
    sizes = [_size(each[name]) for each in items if name in each]
    return max([*sizes, _size(part.get("Item", {})), 1])


def _read(operation: str, request: dict[str, Any], items: list[dict[str, Item]]) -> int:
    if operation == "get_item":
        return math.ceil(_sizes(request, items) / READ)
    if operation == "query":
        partition = next(iter(request["ExpressionAttributeValues"].values()))["S"]
        sizes = [_size(item) for name, item in items[0].items() if name.startswith(partition)]
        return max(1, math.ceil(sum(sizes) / READ))
    return 0


def _written(operation: str, request: dict[str, Any], items: list[dict[str, Item]]) -> int:
    if operation in WRITES:
        return math.ceil(_sizes(request, items) / WRITTEN)
    if operation != "transact_write_items":
        return 0
    parts = [part for entry in request["TransactItems"] for part in entry.values()]
    return sum(2 * math.ceil(_sizes(part, items) / WRITTEN) for part in parts)
