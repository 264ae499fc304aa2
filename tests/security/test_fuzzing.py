"""Hostile strings and broken JSON are sent in every field of every route: no answer is a 5xx.

The tests run in process and replace bcrypt with a stub, because they test the parsing of requests.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import bcrypt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatehouse import limits
from harness.functions import Answer
from harness.http_app import HttpApp
from harness.moto_backend import moto_backend
from tests.security.conftest import look_at
from tests.support.evidence import Record
from tests.support.requests import BODIED, FILES, FORM, READING_CODES, READING_COOKIES, ROUTES, Good
from tests.support.texts import (
    AMBIGUOUS_ADDRESSES,
    BROKEN_ADDRESSES,
    COOKIES,
    HOSTILE_NAMES,
    MENDED_NAMES,
    NAMES,
    NEAR_CODES,
    NO_CODES,
    PASTED_ADDRESSES,
    PASTED_CODES,
    USUAL_ADDRESSES,
)

EXAMPLES = 250
"""Requests of each kind for each route, about 11,000 in all."""

NAUGHTY = [
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\x00",
        "\x7f",
        "\x1b[31m",
        "\ufeff",
        "\u202e",
        "\u200b",
        "\ud7ff",
    ),
    *("null", "None", "true", "undefined", "NaN", "Infinity", "-0", "1e999", "9" * 5_000, "0x7f"),
    *(
        "'",
        '"',
        "\\",
        "`",
        "' OR 1=1 --",
        "1;DROP TABLE users",
        "${jndi:ldap://x}",
        "$(id)",
        "`id`",
    ),
    *("{{7*7}}", "%00", "%n%s", "../../etc/passwd", "..\\..\\x", "<script>alert(1)</script>"),
    *("attribute_exists(pk)", "#n", ":v", "#pk = :pk", '{"S":"x"}', '{"$ne":""}', "USER#1|PROFILE"),
    *("EMAIL#a@example.com", "LINK#" + "0" * 64, "a@example.com\r\nBcc: b@example.com"),
    *("a@example.com,b@example.com", "a@example.com;b@example.com", "<a@example.com>"),
    *('"a b"@example.com', "a@[127.0.0.1]", "a@b", "@", "a@@b.c", "a@b..c", "a@.b", ".a@b.c"),
    *(
        "a#b@example.com",
        "a|b@example.com",
        "\u212a@example.com",
        "a@\u212aelvin.com",
        "\u0131@x.com",
    ),
    *("a@\u2488com.com", "a@xn--.com", "a@xn--a.com", "a@" + "x" * 64 + ".com", "a@ﬀ.com"),
    *(
        "a" * 65 + "@example.com",
        "a@" + "b." * 130 + "com",
        "x" * 10_000,
        "😀" * 300,
        "e\u0301" * 200,
    ),
    *(
        "\U0001d552@example.com",
        "\uff41@example.com",
        "a@\uff45xample.com",
        "a@example。com",
        "\u0000" * 43,
    ),
    *("A" * 43, "-" * 43, "_" * 42 + "=", "A" * 44, "r1.a.b.0.c", "r1....", "." * 5_000, "0" * 32),
    *("Ω≈ç√∫", "田中さん", "مرحبا", "Z͑ͫ̓ͪ̂ͫ", "ﷺ" * 50, "\u2028", "\u0600", "\U000e0001", "\uffff"),
]

HONEST_NAMES = [name for names in NAMES.values() for name in names]
ADDRESSES = [*PASTED_ADDRESSES, *USUAL_ADDRESSES, *BROKEN_ADDRESSES, *AMBIGUOUS_ADDRESSES]
LETTERS = "".join(sorted({*"".join(HONEST_NAMES), *"".join(HOSTILE_NAMES.values())} - {"\ud800"}))

text = st.sampled_from(NAUGHTY) | st.text(max_size=60) | st.from_regex(r"[^@\s]+@[^@\s]+\.\w+")
scalar = st.none() | st.booleans() | st.integers() | st.floats() | text
value = st.recursive(
    scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


class Session:
    """A backend for all requests to a route, with a signed-in user."""

    def __init__(self, app: HttpApp) -> None:
        self.app = app
        self.token = app.moto.access_token(app.moto.user("ada@example.com"))
        self.statuses: Counter[int] = Counter()

    def send(self, route: Good, body: object, **options: Any) -> Answer:
        token = self.token if route.signed_in else None
        headers = FORM if route.form else None
        answer = self.app.ask(
            route.method, route.path, body, **{"token": token, "headers": headers, **options}
        )
        self.statuses[answer.status] += 1
        assert answer.status < 500, (route.name, body, answer)
        look_at(answer)
        return answer


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    with moto_backend() as moto:
        new_session = Session(HttpApp(moto, moto.backend))
        monkeypatch.setattr(limits, "count", lambda *_, **__: None)
        monkeypatch.setattr(bcrypt, "checkpw", lambda *_: False)
        monkeypatch.setattr(bcrypt, "hashpw", lambda *_: b"$2b$04$" + b"." * 53)
        yield new_session


def _profile(examples: int = EXAMPLES) -> settings:
    """Returns settings that give the same inputs in every run and set no deadline."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def _note(evidence: Record, route: Good, session: Session, what: str) -> None:
    statuses = session.statuses
    evidence(
        "Fuzzing",
        {
            "route": route.name,
            "kind": what,
            "requests": statuses.total(),
            "2xx": sum(count for status, count in statuses.items() if status < 300),
            "4xx": sum(count for status, count in statuses.items() if 400 <= status < 500),
            "5xx": sum(count for status, count in statuses.items() if status >= 500),
        },
    )


def _encoded(route: Good, body: dict[str, Any]) -> str:
    if route.form:
        return urlencode({name: str(each) for name, each in body.items()}, errors="ignore")
    return json.dumps(body)


@pytest.mark.parametrize("route", BODIED, ids=lambda route: route.name)
def test_naughty_values_in_every_field(session: Session, route: Good, evidence: Record) -> None:
    assert route.body
    fields = [*route.body, "unknown"]

    @_profile()
    @given(st.dictionaries(st.sampled_from(fields), value, max_size=3), st.sampled_from(fields))
    def run(changes: dict[str, Any], removed: str) -> None:
        body = {**(route.body or {}), **changes}
        if removed not in changes and len(changes) % 2:
            body.pop(removed, None)
        session.send(route, _encoded(route, body))

    run()
    _note(evidence, route, session, "naughty values")


@pytest.mark.parametrize("route", BODIED, ids=lambda route: route.name)
def test_broken_bodies(session: Session, route: Good, evidence: Record) -> None:
    whole = _encoded(route, route.body or {})
    junk = st.sampled_from(
        [
            "{",
            "}",
            "[",
            '"',
            ",",
            ":",
            "\\u0000",
            "\\ud800",
            "NaN",
            "1e999",
            "\ufeff",
            "é",
            "\x00",
            "&",
            "=",
        ]
    )

    @_profile()
    @given(
        st.integers(0, len(whole)),
        st.integers(0, len(whole)),
        junk | st.text(max_size=8),
        st.booleans(),
    )
    def run(begin: int, end: int, between: str, as_bytes: bool) -> None:
        begin, end = sorted((begin, end))
        body = whole[:begin] + between + whole[end:]
        sent = body.encode("utf-8", "surrogatepass") if as_bytes else body
        session.send(route, sent)

    run()
    _note(evidence, route, session, "broken bodies")


@pytest.mark.parametrize("route", BODIED, ids=lambda route: route.name)
def test_bytes_that_are_no_text(session: Session, route: Good, evidence: Record) -> None:
    @_profile(120)
    @given(st.binary(max_size=200))
    def run(body: bytes) -> None:
        session.send(route, body)

    run()
    _note(evidence, route, session, "bytes")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_naughty_headers_and_queries(session: Session, route: Good, evidence: Record) -> None:
    path, _, _ = route.path.partition("?")

    @_profile(80)
    @given(text, text, text, st.sampled_from(["", "198.51.100.1", "::1", "x", "é"]))
    def run(agent: str, token: str, query: str, address: str) -> None:
        form = FORM if route.form else {}
        headers = {"cookie": token, "authorization": f"Bearer {token}", "origin": query, **form}
        if not route.signed_in or len(token) % 2:
            del headers["authorization"]
        body = _encoded(route, route.body) if route.body else None
        session.send(
            Good(
                route.method,
                f"{path}?cursor={quote(query, errors='ignore')}",
                signed_in=route.signed_in,
            ),
            body,
            headers=headers,
            agent=agent,
            address=address,
            cookies=(f"__Host-refresh={token}",),
        )

    run()
    _note(evidence, route, session, "headers, cookies, queries")


@pytest.mark.parametrize("route", READING_COOKIES, ids=lambda route: route.name)
def test_cookies_of_the_same_site(session: Session, route: Good, evidence: Record) -> None:
    one = st.sampled_from(COOKIES) | text

    @_profile()
    @given(
        st.lists(one, max_size=4), st.sampled_from([None, "", "https://app.example.com", "null"])
    )
    def run(cookies: list[str], origin: str | None) -> None:
        session.send(route, {}, cookies=tuple(cookies), headers={"origin": origin})

    run()
    _note(evidence, route, session, "cookies")


@pytest.mark.parametrize("route", READING_CODES, ids=lambda route: route.name)
def test_pasted_codes(session: Session, route: Good, evidence: Record) -> None:
    pasted = st.sampled_from([*PASTED_CODES, *NO_CODES])
    made = st.text(NEAR_CODES, max_size=12)

    @_profile()
    @given(pasted | made | text, st.sampled_from(ADDRESSES))
    def run(code: str, address: str) -> None:
        body = {**(route.body or {}), "email": address, "code": code}
        answer = session.send(route, json.dumps(body))
        is_code = code in PASTED_CODES and address in (*PASTED_ADDRESSES, *USUAL_ADDRESSES)
        assert answer.status == 400 if is_code else answer.status in (400, 422)

    run()
    _note(evidence, route, session, "pasted codes")


@pytest.mark.parametrize(
    "route", [each for each in BODIED if "name" in (each.body or {})], ids=lambda route: route.name
)
def test_names_of_people(session: Session, route: Good, evidence: Record) -> None:
    known = st.sampled_from([*HONEST_NAMES, *MENDED_NAMES, *HOSTILE_NAMES.values()])
    numbers = iter(range(10**6))

    @_profile()
    @given(known | st.text(LETTERS, max_size=30) | text)
    def run(name: str) -> None:
        email = f"user{next(numbers)}@fuzzing.example"
        fields = {"email": email} if "email" in (route.body or {}) else {}
        answer = session.send(route, json.dumps({**(route.body or {}), **fields, "name": name}))
        if name in HONEST_NAMES:
            assert (answer.status < 300, answer.json["name"]) == (True, name)

    run()
    _note(evidence, route, session, "names of people")


@pytest.mark.parametrize("route", FILES, ids=lambda route: route.name)
def test_naughty_names_and_headers_of_files(
    session: Session, route: Good, evidence: Record
) -> None:
    _, pattern = session.app.route(route.method, route.path)

    @_profile(80)
    @given(text, text, text)
    def run(name: str, tag: str, encoding: str) -> None:
        quoted = quote(name, safe="", errors="ignore")
        path = f"{pattern.format(file=quoted)}?{quoted}"
        headers = {"if-none-match": tag, "accept-encoding": encoding}
        answer = session.app.ask(route.method, path, headers=headers)
        session.statuses[answer.status] += 1
        assert answer.status in (200, 304, 404, 406), answer
        assert answer.headers["x-content-type-options"] == "nosniff"

    run()
    _note(evidence, route, session, "names, headers, queries")


def test_ten_thousand_requests_are_tried() -> None:
    assert len(BODIED) * (2 * EXAMPLES + 120) + len(ROUTES) * 80 >= 10_000
