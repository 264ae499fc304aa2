"""The HTTP routes, with routes made up for these tests."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from gatehouse.aws import ConditionFailed
from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidCredentials, LimitExceeded, NotFound, Refusal, Unavailable
from gatehouse.flows.accounts.inputs import Input
from gatehouse.http.api import Api
from gatehouse.http.requests import Request
from gatehouse.settings import Settings
from harness.events import Event, http
from harness.functions import CONTEXT, Answer


@dataclass(frozen=True)
class Part:
    name: str
    note: str | None = None


@dataclass(frozen=True)
class Whole:
    parts: list[Part]


class Thing(Input):
    size: int


def ask(handler: Callable[[Request[Any]], Any], event: Event | None = None, **route: Any) -> Answer:
    """Returns the response of a single route with this handler."""
    api = Api(lambda url: Backend(Settings(public_url=url)))
    api.route("POST", "/login", **route)(handler)
    return call(api, event or http("post-login"))


def call(api: Api, event: Event) -> Answer:
    raw = api(event, CONTEXT)
    headers = {name.lower(): value for name, value in raw["headers"].items()}
    return Answer(raw["statusCode"], headers, raw["body"])


def refusing(error: Exception) -> Answer:
    def handler(_: Request[Any]) -> None:
        raise error

    return ask(handler)


# Responses.


def test_output_becomes_json() -> None:
    answer = ask(lambda _: Whole([Part("é"), Part("b", "x")]))
    assert answer.json == {"parts": [{"name": "é", "note": None}, {"name": "b", "note": "x"}]}


def test_answer_has_the_status_of_its_route() -> None:
    assert ask(lambda _: {}, status=201).status == 201


def test_answer_without_content_has_no_body() -> None:
    api = Api(lambda url: Backend(Settings(public_url=url)))
    api.route("POST", "/login", status=204)(lambda _: None)
    raw = api(http("post-login"), CONTEXT)
    assert (raw["statusCode"], raw["body"]) == (204, "")


@pytest.mark.parametrize("status", [200, 204])
def test_answer_is_stored_by_nobody(status: int) -> None:
    assert ask(lambda _: None, status=status).headers["cache-control"] == "no-store"


def test_route_may_say_for_how_long_its_answer_is_kept() -> None:
    public = {"Cache-Control": "public, max-age=300"}
    assert ask(lambda _: {}, headers=public).headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("status", [200, 204])
def test_answer_is_of_the_type_that_it_says(status: int) -> None:
    assert ask(lambda _: {}, status=status).headers["x-content-type-options"] == "nosniff"


# Refusals.


def test_refusal_becomes_a_problem_document() -> None:
    answer = refusing(NotFound("No such thing."))
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json == {
        "type": "urn:gatehouse:error:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "No such thing.",
        "code": "not_found",
        "request_id": "JKJaXmPLvHcESHA=",
    }


@pytest.mark.parametrize("refusal", [NotFound(), InvalidCredentials(), Unavailable()])
def test_refusal_is_stored_by_nobody(refusal: Refusal) -> None:
    headers = refusing(refusal).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_refusal_of_a_cacheable_route_is_stored_by_nobody() -> None:
    def handler(_: Request[Any]) -> None:
        raise Unavailable

    answer = ask(handler, headers={"Cache-Control": "public, max-age=300"})
    assert answer.headers["cache-control"] == "no-store"


def test_refusal_for_now_says_when_to_come_again() -> None:
    assert refusing(LimitExceeded(retry_after=30)).headers["retry-after"] == "30"


@pytest.mark.parametrize("error", [RuntimeError("arn:aws:x"), ConditionFailed(), KeyError("pk")])
def test_unexpected_error_is_told_without_its_cause(error: Exception) -> None:
    answer = refusing(error)
    assert (answer.status, answer.code) == (500, "internal_error")
    assert set(answer.json) == {"type", "title", "status", "code", "request_id"}


def test_unexpected_error_is_logged_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    refusing(RuntimeError("the cause"))
    assert caplog.records[0].levelno == logging.ERROR
    assert "RuntimeError: the cause" in caplog.text


def test_failure_of_aws_is_logged_with_its_code(caplog: pytest.LogCaptureFixture) -> None:
    refusing(Unavailable())
    assert [record.__dict__["code"] for record in caplog.records] == ["unavailable"]


def test_refusal_of_a_caller_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    refusing(InvalidCredentials())
    assert not caplog.records


@pytest.mark.parametrize(("method", "path"), [("POST", "/other"), ("GET", "/login")])
def test_unknown_route_is_a_problem_document(method: str, path: str) -> None:
    event = http("post-login")
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    answer = ask(lambda _: {}, event)
    assert (answer.status, answer.code) == (404, "not_found")


# HEAD.


def head(handler: Callable[[Request[Any]], Any], path: str = "/é", **route: Any) -> Answer:
    """Returns the response to HEAD of a route that is declared for GET."""
    api = Api(lambda url: Backend(Settings(public_url=url)))
    api.route("GET", "/é", **route)(handler)
    event = http("get-health")
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = "HEAD"
    return call(api, event)


def test_head_tells_how_many_bytes_get_would_send() -> None:
    answer = head(lambda _: {"name": "é"})
    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["content-length"] == str(len('{"name":"é"}'.encode()))
    assert answer.headers["content-type"] == "application/json"


def test_head_is_refused_without_a_body() -> None:
    def handler(_: Request[Any]) -> None:
        raise NotFound

    answer = head(handler)
    assert (answer.status, answer.text) == (404, "")
    assert answer.headers["content-type"] == "application/problem+json"


def test_head_of_a_private_document_is_not_answered() -> None:
    answer = head(lambda _: {}, signed_in=True)
    assert (answer.status, answer.text) == (404, "")


def test_head_of_an_unknown_route_is_refused_without_a_body() -> None:
    answer = head(lambda _: {}, "/other")
    assert (answer.status, answer.text) == (404, "")


# Requests.


def test_handler_gets_the_body_as_its_model() -> None:
    answer = ask(lambda request: {"size": request.body.size + 1}, sized(2), body=Thing)
    assert answer.json == {"size": 3}


def test_model_may_be_brought_by_a_function() -> None:
    answer = ask(lambda request: {"size": request.body.size}, sized(2), body=lambda: Thing)
    assert answer.json == {"size": 2}
    assert ask(lambda _: {}, sized("2"), body=lambda: Thing).status == 422


def test_body_that_breaks_its_model_is_refused() -> None:
    answer = ask(lambda _: {}, sized("2"), body=Thing)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/size")


def test_body_is_not_read_where_none_is_declared() -> None:
    event = http("post-login")
    event["body"] = "{"
    assert ask(lambda request: {"body": request.body}, event).json == {"body": None}


def test_caller_is_asked_for_before_the_body_is_read() -> None:
    answer = ask(lambda _: {}, sized("2"), body=Thing, signed_in=True)
    assert (answer.status, answer.code) == (401, "missing_token")


def test_backend_is_that_of_the_address_that_was_called() -> None:
    answer = ask(lambda request: {"url": request.backend.settings.public_url})
    assert answer.json["url"] == "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"


def test_host_header_names_no_backend() -> None:
    event = http("post-login", headers={"host": "evil.example"})
    answer = ask(lambda request: {"url": request.backend.settings.public_url}, event)
    assert "evil" not in answer.text


def test_part_of_the_path_reaches_the_handler() -> None:
    api = Api(lambda url: Backend(Settings(public_url=url)))
    api.route("DELETE", "/sessions/{id}")(lambda request: dict(request.path))
    event = http("post-login")
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/sessions/abc"
    event["requestContext"]["http"]["method"] = "DELETE"
    assert call(api, event).json == {"id": "abc"}


def sized(size: object) -> Event:
    return http("post-login", {"size": size})
