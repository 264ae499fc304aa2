"""What becomes of the outcome of a handler."""

from dataclasses import dataclass
from typing import Any

import pytest

from gatehouse.http.cookies import no_refresh_cookie
from gatehouse.http.replies import ACCEPTED, Content, Reply, to_response, without_content


@dataclass(frozen=True)
class Part:
    name: str
    note: str | None = None


def test_fields_become_members_at_any_depth() -> None:
    assert to_response(Reply(200, [Part("a")]), {}).body == '[{"name":"a","note":null}]'
    assert to_response(Reply(200, (Part("a", "b"),)), {}).body == '[{"name":"a","note":"b"}]'


def test_reply_without_an_outcome_has_no_content() -> None:
    response = to_response(ACCEPTED, {})
    assert (response.status_code, response.body, response.content_type) == (202, "", None)


def test_bytes_keep_their_media_type() -> None:
    response = to_response(Reply(200, Content("image/svg+xml", b"<svg/>")), {})
    assert (response.body, response.content_type) == (b"<svg/>", "image/svg+xml")


@pytest.mark.parametrize("outcome", [None, Part("a"), Content("text/plain", b"x")])
def test_every_response_is_for_https_and_never_sniffed(outcome: Any) -> None:
    headers = to_response(Reply(200, outcome), {}).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=63072000"


def test_header_of_a_reply_replaces_that_of_its_route() -> None:
    reply = Reply(200, Part("a"), headers={"Cache-Control": "no-cache"})
    assert to_response(reply, {"Cache-Control": "no-store"}).headers["Cache-Control"] == "no-cache"


def test_cookie_is_sent_with_and_without_content() -> None:
    for outcome in (None, Part("a")):
        (cookie,) = to_response(Reply(200, outcome, (no_refresh_cookie(),)), {}).cookies
        assert cookie.name == "__Host-refresh"


@pytest.mark.parametrize(
    ("body", "is_base64", "length"),
    [("é", False, "2"), ("AAECAw==", True, "4"), ("", False, None)],
)
def test_length_of_what_is_left_out_is_told(body: str, is_base64: bool, length: str | None) -> None:
    response = {"headers": {"a": "b"}, "body": body, "isBase64Encoded": is_base64}
    short = without_content(response)
    assert (short["body"], short["isBase64Encoded"]) == ("", False)
    assert short["headers"] == {"a": "b", **({"Content-Length": length} if length else {})}
