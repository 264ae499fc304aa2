"""Responses to CloudFormation, over a real socket."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.error import HTTPError

import pytest

from gatehouse.cloudformation import answer
from harness.events import sample


@dataclass
class Stack:
    """CloudFormation's side: the URL that is signed for one response."""

    url: str = ""
    status: int = 200
    got: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)

    def request(self, kind: str = "Create", **others: str) -> dict[str, Any]:
        return {**sample("rotation-create"), "RequestType": kind, "ResponseURL": self.url, **others}


@pytest.fixture
def stack() -> Iterator[Stack]:
    stack = Stack()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:  # the name that http.server looks for
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stack.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(stack.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    stack.url = f"http://127.0.0.1:{server.server_port}/answer?signature=x"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield stack
    server.shutdown()
    thread.join()
    server.server_close()


def nothing() -> None:
    pass


def failing() -> None:
    raise RuntimeError("arn:aws:secretsmanager:private")


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_resource_is_made_and_answered(stack: Stack, kind: str) -> None:
    calls: list[str] = []
    answer(stack.request(kind), lambda: calls.append("x"))
    ((path, _, document),) = stack.got
    assert calls == ["x"]
    assert path == "/answer?signature=x"
    assert document["Status"] == "SUCCESS"


def test_answer_repeats_what_it_answers(stack: Stack) -> None:
    request = stack.request()
    answer(request, nothing)
    document = stack.got[0][2]
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        assert document[name] == request[name]


def test_answer_has_the_content_type_that_the_url_is_signed_for(stack: Stack) -> None:
    answer(stack.request(), nothing)
    assert stack.got[0][1] == ""


def test_physical_id_is_the_same_at_each_creation(stack: Stack) -> None:
    answer(stack.request(), nothing)
    assert stack.got[0][2]["PhysicalResourceId"] == "KeyRing"


def test_physical_id_stays_at_an_update(stack: Stack) -> None:
    answer(stack.request("Update", PhysicalResourceId="earlier"), nothing)
    assert stack.got[0][2]["PhysicalResourceId"] == "earlier"


def test_deletion_deletes_nothing(stack: Stack) -> None:
    answer(stack.request("Delete", PhysicalResourceId="KeyRing"), failing)
    assert stack.got[0][2]["Status"] == "SUCCESS"


def test_failure_is_answered(stack: Stack) -> None:
    answer(stack.request(), failing)
    document = stack.got[0][2]
    assert (document["Status"], document["Reason"]) == (
        "FAILED",
        "RuntimeError; see the function's log",
    )


def test_failure_is_answered_without_its_private_cause(stack: Stack) -> None:
    answer(stack.request(), failing)
    assert "arn:" not in stack.got[0][2]["Reason"]


def test_answer_that_is_not_taken_fails_so_that_it_is_tried_again(stack: Stack) -> None:
    stack.status = 503
    with pytest.raises(HTTPError) as refused:
        answer(stack.request(), nothing)
    refused.value.close()
