"""Bad input to every route with a body gets a 4xx problem document and changes nothing."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.events import Event, body_of, http_raw
from harness.functions import Answer, serve
from harness.moto_backend import MotoBackend
from tests.support.calls import recorded

FUNCTIONS = {
    "post-register": "register",
    "post-login": "login",
    "post-sessions-refresh": "sessions",
    "post-logout": "sessions",
    "patch-profile": "profile",
    "post-register-verify": "register",
    "post-register-resend": "register",
    "post-passwords-forgot": "passwords",
    "post-passwords-reset": "passwords",
    "put-password": "passwords",
    "delete-profile": "passwords",
    "post-emails-change": "emails",
    "post-emails-confirm": "emails",
}
OPTIONAL = {"patch-profile", "post-sessions-refresh", "post-logout", "post-register-verify"}
"""Routes that require no field, or one of several sets of fields."""

KILOBYTES_64 = 64 * 1024

every_route = pytest.mark.parametrize("name", FUNCTIONS)


@dataclass(frozen=True)
class SignedIn:
    """A backend and the access token of a user."""

    moto: MotoBackend
    token: str

    def ask(self, name: str, body: str | bytes | None) -> Answer:
        """Returns the response to a body."""
        return self.send(name, http_raw(name, body))

    def send(self, name: str, event: Event) -> Answer:
        event["headers"]["authorization"] = f"Bearer {self.token}"
        return serve(FUNCTIONS[name], self.moto.backend)(event)

    def refusal(self, name: str, body: str | bytes | None) -> Answer:
        """Returns the response to a body, which must be refused and change nothing."""
        return self.refusal_of(name, http_raw(name, body))

    def refusal_of(self, name: str, event: Event) -> Answer:
        items = self.moto.accounts()
        answer = self.send(name, event)
        assert self.moto.accounts() == items
        assert self.moto.queued() == []
        assert_problem(answer)
        return answer


@pytest.fixture(scope="module")
def caller(shared_moto: MotoBackend) -> SignedIn:
    user = shared_moto.user("ada@example.com")
    token = shared_moto.access_token(user)
    shared_moto.queued()
    return SignedIn(shared_moto, token)


def assert_problem(answer: Answer) -> None:
    assert 400 <= answer.status < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json
    assert document["status"] == answer.status
    assert document["type"] == f"urn:gatehouse:error:{document['code']}"
    assert document["request_id"] == "JKJaXmPLvHcESHA="
    assert set(document) <= {"type", "title", "status", "detail", "code", "request_id", "errors"}
    for private in ("Traceback", "File ", "arn:", "AccountsTable", "pydantic", "secret"):
        assert private not in answer.text


def field(name: str) -> str:
    return next(iter(body_of(name)))


MALFORMED: dict[str, str | bytes | None] = {
    "missing": None,
    "empty": "",
    "cut": '{"email":"ada@ex',
    "form": "email=ada%40example.com&password=x",
    "two documents": "{}{}",
    "byte order mark": "\ufeff{}",
    "utf-16": "{}".encode("utf-16"),
    "invalid utf-8": b'{"email":"\xff"}',
    "nan": '{"email":NaN}',
    "infinity": '{"email":-Infinity}',
    "1e999": '{"email":1e999}',
    "5,000 digits": '{"email":' + "9" * 5_000 + "}",
    "nul": '{"email":"a\\u0000b"}',
    "nul in a key": '{"a\\u0000b":1}',
    "raw nul": '{"email":"a\0b"}',
    "lone surrogate": '{"email":"\\ud800"}',
    "lone surrogate in a key": '{"\\udfff":1}',
    "deep lists": "[" * 30_000 + "]" * 30_000,
    "deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
}


@every_route
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_json_is_refused(caller: SignedIn, name: str, body: str | bytes | None) -> None:
    answer = caller.refusal(name, body)
    assert (answer.status, answer.code) == (400, "malformed_json")


@every_route
def test_duplicate_key_is_refused(caller: SignedIn, name: str) -> None:
    member = f'"{field(name)}":"x"'
    answer = caller.refusal(name, f"{{{member},{member}}}")
    assert (answer.status, answer.code) == (400, "malformed_json")


@every_route
@pytest.mark.parametrize("encode", [str, str.encode])
def test_nesting_of_100_000_levels_is_refused(
    caller: SignedIn, name: str, encode: Callable[[str], str | bytes]
) -> None:
    answer = caller.refusal(name, encode("[" * 100_000 + "]" * 100_000))
    assert answer.status == 413


@every_route
@pytest.mark.parametrize("size", [KILOBYTES_64 + 1, 4 * 1024 * 1024])
@pytest.mark.parametrize("encode", [str, str.encode])
def test_body_over_64_kilobytes_is_refused(
    caller: SignedIn, name: str, size: int, encode: Callable[[str], str | bytes]
) -> None:
    body = json.dumps({field(name): ""})
    padded = body[:-2] + "x" * (size - len(body)) + body[-2:]
    answer = caller.refusal(name, encode(padded))
    assert (answer.status, answer.code) == (413, "body_too_large")


@every_route
@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/xml"])
def test_wrong_content_type_is_refused(
    caller: SignedIn, name: str, content_type: str | None
) -> None:
    event = http_raw(name, json.dumps(body_of(name)))
    event["headers"].pop("content-type")
    if content_type is not None:
        event["headers"]["content-type"] = content_type
    answer = caller.refusal_of(name, event)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


@every_route
@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "true", '[{"email":"x"}]'])
def test_body_that_is_no_object_is_refused(caller: SignedIn, name: str, body: str) -> None:
    answer = caller.refusal(name, body)
    assert (answer.status, answer.code) == (422, "invalid_input")


@every_route
@pytest.mark.parametrize("value", [1, 1.5, True, [], ["x"], {}, {"$ne": ""}, {"S": "x"}])
def test_wrong_type_is_refused(caller: SignedIn, name: str, value: object) -> None:
    body = body_of(name) | {field(name): value}
    answer = caller.refusal(name, json.dumps(body))
    assert (answer.status, answer.code) == (422, "invalid_input")
    assert answer.json["errors"][0]["pointer"] == f"/{field(name)}"


@every_route
@pytest.mark.parametrize(
    "unknown", ["role", "user_id", "pk", "sk", "ttl", "password_hash", "__proto__", "", "#n", ":v"]
)
def test_unknown_field_is_refused(caller: SignedIn, name: str, unknown: str) -> None:
    body = body_of(name) | {unknown: "attribute_exists(pk)"}
    answer = caller.refusal(name, json.dumps(body))
    assert (answer.status, answer.code) == (422, "invalid_input")
    assert {"pointer": f"/{unknown}", "detail": "is not a field of this request"} in answer.json[
        "errors"
    ]


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - OPTIONAL))
def test_missing_field_is_refused(caller: SignedIn, name: str) -> None:
    answer = caller.refusal(name, "{}")
    assert answer.status == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {
        f"/{each}" for each in body_of(name) if each != "name"
    }


@pytest.mark.parametrize("name", ["post-register", "post-login"])
@pytest.mark.parametrize(
    "email",
    ["", "x", "a#b@example.com", "\u212aim@example.com", "a@b.co\r\nBcc: e@e.co", "a" * 255],
)
def test_address_that_is_none_is_refused(caller: SignedIn, name: str, email: str) -> None:
    answer = caller.refusal(name, json.dumps(body_of(name) | {"email": email}))
    assert answer.json["errors"][0]["pointer"] == "/email"


@pytest.mark.parametrize("name", ["post-register", "post-login"])
@pytest.mark.parametrize("body", ["{", '{"email":1}', "x" * 100_000])
def test_bad_input_is_refused_before_anything_is_asked_of_aws(
    caller: SignedIn, name: str, body: str
) -> None:
    with recorded() as calls:
        caller.ask(name, body)
    assert calls == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=5,
)


@every_route
@settings(max_examples=20, deadline=None)
@given(body=JSON | st.dictionaries(st.sampled_from(["email", "password", "name", "x"]), JSON))
def test_any_json_is_answered_without_a_fault_of_ours(
    caller: SignedIn, name: str, body: Any
) -> None:
    assert caller.ask(name, json.dumps(body)).status < 500
