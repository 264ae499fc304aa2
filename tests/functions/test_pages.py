"""GET /app, /docs and /openapi.json: known files only, with ETags and security headers."""

import base64
import gzip
import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gatehouse.backend.root import Backend
from gatehouse.http.files import Files
from gatehouse.settings import Settings

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(
    stage="test", socket_url="wss://abc.example.com/test", min_password_length=20, api_docs=True
)

Call = Callable[..., "Answer"]


class Answer:
    """The response of a route, as a client sees it."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.status: int = raw["statusCode"]
        self.headers = {name.lower(): value for name, value in raw["headers"].items()}
        body = raw["body"] or ""
        self.body = base64.b64decode(body) if raw["isBase64Encoded"] else body.encode()

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "functions/pages/app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def caller(module: ModuleType, settings: Settings = SETTINGS) -> Call:
    def no_client() -> Any:
        raise AssertionError("the pages touch no table")

    backend = Backend(settings, dynamodb=no_client, sqs=no_client)
    module.api._backend = lambda _: backend

    def call(
        sample: str, path: str | None = None, method: str = "GET", **headers: str | None
    ) -> Answer:
        event = json.loads((ROOT / f"events/{sample}.json").read_text())
        event["requestContext"]["http"]["method"] = method
        for name, value in headers.items():
            event["headers"].pop(name.replace("_", "-"), None)
            if value is not None:
                event["headers"][name.replace("_", "-")] = value
        if path is not None:
            event["rawPath"] = event["requestContext"]["http"]["path"] = path
        return Answer(module.handler(event, object()))

    return call


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """The Lambda function with pages that have been built."""
    (tmp_path / "app.html").write_text("<!doctype html><title>Built</title>")
    (tmp_path / "docs.html").write_text("<!doctype html><title>Documents</title>")
    (tmp_path / "main-1a2b.js").write_text("console.log('é')")
    (tmp_path / "notes.secret").write_text("not of a known type")
    (tmp_path / "swagger-ui-bundle-1a2b.js").write_text("x" * 1_700_000)
    (tmp_path / "docs-1a2b.js").write_text("view()")
    module = load()
    vars(module)["built"] = Files(tmp_path, "web")
    return caller(module)


@pytest.fixture
def without_docs(call: Call, tmp_path: Path) -> Call:
    """The same function in a deployment that does not serve the documentation."""
    module = load()
    vars(module)["built"] = Files(tmp_path, "web")
    return caller(module, replace(SETTINGS, api_docs=False))


@pytest.fixture
def unbuilt(tmp_path: Path) -> Call:
    module = load()
    vars(module)["built"] = Files(tmp_path / "missing", "web")
    return caller(module)


def test_page_is_html_that_has_to_be_asked_for_again(call: Call) -> None:
    answer = call("get-app")
    assert (answer.status, "<title>Built" in answer.text) == (200, True)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "Accept-Encoding"


def test_page_allows_its_own_scripts_and_its_socket_only(call: Call) -> None:
    policy = call("get-app").headers["content-security-policy"].split("; ")
    assert set(policy) == {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self' wss://abc.example.com",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    }


def test_documents_may_not_use_the_socket(call: Call) -> None:
    policy = call("get-docs").headers["content-security-policy"]
    assert "connect-src 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("sample", ["get-app", "get-docs"])
def test_pages_are_not_sniffed_and_send_no_referrer(call: Call, sample: str) -> None:
    headers = call(sample).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_file_is_kept_for_ever_since_its_name_holds_its_hash(call: Call) -> None:
    answer = call("get-app-file", "/app/main-1a2b.js")
    assert (answer.status, answer.text) == (200, "console.log('é')")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_content_is_packed_when_the_client_takes_it(call: Call) -> None:
    assert call("get-app").headers["content-encoding"] == "gzip"
    plain = call("get-app", accept_encoding="gzip;q=0, identity")
    assert "content-encoding" not in plain.headers
    assert plain.text == call("get-app").text


def test_packed_and_plain_content_have_different_tags(call: Call) -> None:
    assert call("get-app").headers["etag"] != call("get-app", accept_encoding="").headers["etag"]


@pytest.mark.parametrize("accepted", [None, "", "identity", "br", "gzip;q=0", "gzip; q=0.000"])
@pytest.mark.parametrize(
    ("sample", "path"),
    [("get-app-file", "/app/swagger-ui-bundle-1a2b.js"), ("get-openapi", "/openapi.json")],
)
def test_bandwidth_amplification_by_clients_that_take_no_gzip(
    call: Call, sample: str, path: str, accepted: str | None
) -> None:
    answer = call(sample, path, accept_encoding=accepted)
    assert (answer.status, json.loads(answer.text)["code"]) == (406, "not_acceptable")
    assert "curl --compressed" in answer.text
    assert len(answer.body) < 1_000


@pytest.mark.parametrize("accepted", ["gzip", "GZIP", "br, gzip;q=0.5", "*"])
def test_large_file_is_sent_compressed(call: Call, accepted: str) -> None:
    answer = call("get-app-file", "/app/swagger-ui-bundle-1a2b.js", accept_encoding=accepted)
    assert answer.status == 200
    assert len(answer.body) < 10_000
    assert len(answer.text) == 1_700_000


@pytest.mark.parametrize(
    ("sample", "path"),
    [
        ("get-docs", "/docs"),
        ("get-app-file", "/app/swagger-ui-bundle-1a2b.js"),
        ("get-app-file", "/app/docs-1a2b.js"),
    ],
)
def test_documentation_is_not_served_where_it_is_switched_off(
    call: Call, without_docs: Call, sample: str, path: str
) -> None:
    assert call(sample, path).status == 200
    answer = without_docs(sample, path)
    assert (answer.status, json.loads(answer.text)["code"]) == (404, "not_found")


def test_page_and_description_are_served_without_the_documentation(without_docs: Call) -> None:
    assert without_docs("get-app").status == 200
    assert without_docs("get-app-file", "/app/main-1a2b.js").status == 200
    assert without_docs("get-openapi").status == 200


@pytest.mark.parametrize("sample", ["get-app", "get-docs", "get-openapi"])
def test_known_tag_is_answered_without_content(call: Call, sample: str) -> None:
    tag = call(sample).headers["etag"]
    answer = call(sample, if_none_match=f'"other", {tag}')
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize("sample", ["get-app", "get-docs", "get-openapi"])
def test_known_tag_is_found_in_any_case_of_its_header(call: Call, sample: str) -> None:
    tag = call(sample).headers["etag"]
    assert call(sample, If_None_Match=tag).status == 304


DOCUMENTS = {
    "get-app": None,
    "get-app-config": None,
    "get-app-file": "/app/main-1a2b.js",
    "get-docs": None,
    "get-openapi": None,
}


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize("sample", DOCUMENTS)
def test_head_is_answered_like_get_without_a_body(call: Call, sample: str, encoding: str) -> None:
    path = DOCUMENTS[sample]
    whole = call(sample, path, accept_encoding=encoding)
    head = call(sample, path, "HEAD", accept_encoding=encoding)
    length = {"content-length": str(len(whole.body))}
    assert whole.body
    refused = sample == "get-openapi" and not encoding
    assert whole.status == (406 if refused else 200)
    assert (head.status, head.body) == (whole.status, b"")
    assert head.headers == {**whole.headers, **length}


@pytest.mark.parametrize("sample", ["get-app", "get-docs", "get-openapi"])
def test_head_of_a_known_tag_is_answered_like_get(call: Call, sample: str) -> None:
    tag = call(sample).headers["etag"]
    whole = call(sample, if_none_match=tag)
    head = call(sample, None, "HEAD", if_none_match=tag)
    assert (head.status, head.body, head.headers) == (304, b"", whole.headers)


def test_head_of_an_unknown_file_is_not_found(call: Call) -> None:
    answer = call("get-app-file", "/app/unknown.js", "HEAD")
    assert (answer.status, answer.body) == (404, b"")


def test_head_of_a_page_that_was_not_built_is_not_found(unbuilt: Call) -> None:
    answer = unbuilt("get-app", None, "HEAD")
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    "name",
    [
        "..%2Fapp.py",
        "..%2fapp.py",
        "%2e%2e%2fapp.py",
        "..",
        "app.py",
        "notes.secret",
        "openapi.json",
        "..\\app.py",
        "%2Fetc%2Fpasswd",
        "main-1a2b.js%00.html",
    ],
)
def test_path_traversal_finds_nothing(call: Call, name: str) -> None:
    answer = call("get-app-file", f"/app/{name}")
    assert (answer.status, json.loads(answer.text)["code"]) == (404, "not_found")


def test_page_that_was_not_built_says_how(unbuilt: Call) -> None:
    for sample in ("get-app", "get-docs"):
        answer = unbuilt(sample)
        assert answer.status == 404
        assert "make web" in answer.text
        assert answer.headers["cache-control"] == "no-cache"


def test_rest_works_where_nothing_was_built(unbuilt: Call) -> None:
    assert unbuilt("get-openapi").status == 200
    assert unbuilt("get-app-config").status == 200


def test_page_learns_what_it_needs_and_nothing_else(call: Call) -> None:
    answer = call("get-app-config")
    assert json.loads(answer.text) == {
        "stage": "test",
        "socket_url": "wss://abc.example.com/test",
        "min_password_length": 20,
        "api_docs": True,
        "challenge": "under-load",
        "challenge_provider": "altcha",
    }


def test_openapi_is_the_committed_document(call: Call) -> None:
    answer = call("get-openapi")
    assert answer.headers["content-type"] == "application/json"
    assert answer.text == (ROOT / "docs/openapi.json").read_text(encoding="utf-8")
