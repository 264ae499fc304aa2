"""Signed requests, against a server that records the requests."""

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, HTTPClientError

from gatehouse import signed_http
from gatehouse.signed_http import FIRST_PAUSE, SignedHttp
from tests.support.http_server import KEY, Server, serving

AGAIN = [429, 500, 502, 503, 504]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as http_server:
        yield http_server


def refusal(answer: Any) -> ClientError:
    return ClientError({"Error": {"Code": answer.data.decode(), "Message": ""}}, "Do")


def send(http: SignedHttp) -> bytes:
    return http.send("POST", "/path", b"hi", {"X-Amz-Target": "Do"}, refusal)


def test_request_brings_body_and_headers(server: Server) -> None:
    server.answers = [(200, b"there")]
    assert send(server.http("sqs", "/stage")) == b"there"
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/stage/path", b"hi")
    assert asked.headers["x-amz-target"] == "Do"


def test_signature_has_the_session_token_and_every_header_of_amazon(server: Server) -> None:
    send(server.http("sqs"))
    headers = server.asked[0].headers
    assert headers["x-amz-security-token"] == KEY.token
    signed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0]
    assert signed == "host;x-amz-date;x-amz-security-token;x-amz-target"


def test_connections_are_kept_open(server: Server) -> None:
    http = server.http("sqs")
    for _ in range(20):
        send(http)
    assert len(server.lines) == 1


@pytest.mark.parametrize("status", [400, 403, 410, 413])
def test_what_will_not_change_is_not_tried_again(server: Server, status: int) -> None:
    server.answers = [status]
    with pytest.raises(ClientError):
        send(server.http("sqs"))
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", AGAIN)
def test_what_is_refused_for_now_is_tried_again(server: Server, status: int) -> None:
    server.answers = [status, status]
    send(server.http("sqs"))
    assert len(server.asked) == 3
    assert len(server.slept) == 2
    assert FIRST_PAUSE / 2 <= server.slept[0] <= FIRST_PAUSE <= server.slept[1] <= 2 * FIRST_PAUSE


@pytest.mark.parametrize("code", sorted(signed_http._FOR_NOW))
def test_throttled_request_is_tried_again(server: Server, code: str) -> None:
    server.answers = [(400, code.encode())]
    send(server.http("dynamodb"))
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", AGAIN)
def test_what_is_refused_every_time_is_told_in_the_end(server: Server, status: int) -> None:
    server.answers = [status] * 3
    with pytest.raises(ClientError):
        send(server.http("sqs"))
    assert len(server.asked) == 3


def test_no_answer_is_told_in_the_end() -> None:
    with serving() as server:
        http = server.http("sqs")
    with pytest.raises(HTTPClientError):
        send(http)
    assert len(server.slept) == 2


def test_credentials_are_asked_for_each_time(server: Server) -> None:
    keys = (Credentials(f"KEY{turn}", "secret") for turn in (1, 2))
    http = server.http("sqs", credentials=lambda: next(keys).get_frozen_credentials())
    for _ in range(2):
        send(http)
    used = [asked.headers["authorization"].split("=")[1][:4] for asked in server.asked]
    assert used == ["KEY1", "KEY2"]


def test_pool_has_the_timeouts_of_this_service() -> None:
    timeout = signed_http.pool("https://sqs.example").timeout
    assert (timeout.connect_timeout, timeout.read_timeout) == (1.0, 3.0)


def test_https_believes_known_certificates_only() -> None:
    pool: Any = signed_http.pool("https://sqs.example")
    context: ssl.SSLContext = pool.conn_kw["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.get_ca_certs()
    assert signed_http.pool("https://dynamodb.example").conn_kw["ssl_context"] is context
