"""The whole HTTP API in one process, with access to its mails and tables.

An attacker's requests are not sample events. A test chooses method, path, address, headers and raw
body itself. Events have API Gateway's payload format 2.0.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from gatehouse.backend.root import Backend
from gatehouse.identity import known_address
from gatehouse.passwords import verify_password
from harness.functions import CONTEXT, Answer, answer_of, load_app
from harness.moto_backend import PASSWORD, MotoBackend
from harness.socket_harness import RecordingApi
from harness.template import functions

HOME = "203.0.113.5"
"""The IP address of an account's owner."""

ELSEWHERE = "198.51.100.77"
"""The IP address of a stranger."""

NEW_PASSWORD = "another battery, another horse"
ORIGIN = "https://app.example.com"
DOMAIN = "api.gatehouse.example"


def event_of(
    method: str,
    path: str,
    body: object = None,
    *,
    token: str | None = None,
    address: str = HOME,
    headers: Mapping[str, str | None] | None = None,
    cookies: tuple[str, ...] = (),
    agent: str = "test",
) -> dict[str, Any]:
    """Returns a request as API Gateway passes it on. Text and bytes are sent unchanged."""
    bare, _, query = path.partition("?")
    all_headers: dict[str, str | None] = {"host": DOMAIN, "user-agent": agent}
    event: dict[str, Any] = {"isBase64Encoded": False}
    if body is not None:
        all_headers["content-type"] = "application/json"
        match body:
            case bytes():
                event |= {"isBase64Encoded": True, "body": base64.b64encode(body).decode()}
            case str():
                event["body"] = body
            case _:
                event["body"] = json.dumps(body)
    if token is not None:
        all_headers["authorization"] = f"Bearer {token}"
    all_headers |= headers or {}
    return event | {
        "version": "2.0",
        "routeKey": f"{method} {bare}",
        "rawPath": bare,
        "rawQueryString": query,
        "queryStringParameters": dict(parse_qsl(query, keep_blank_values=True)),
        "headers": {name: value for name, value in all_headers.items() if value is not None},
        "cookies": list(cookies),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": DOMAIN,
            "http": {
                "method": method,
                "path": bare,
                "protocol": "HTTP/1.1",
                "sourceIp": address,
                "userAgent": agent,
            },
            "requestId": "request-1",
            "routeKey": f"{method} {bare}",
            "stage": "$default",
            "time": "15/Jan/2027:08:00:00 +0000",
            "timeEpoch": 1_800_000_000_000,
        },
    }


@dataclass
class HttpApp:
    """All functions but realtime and rotation, on one backend."""

    moto: MotoBackend
    backend: Backend
    api: RecordingApi = field(default_factory=RecordingApi)
    mails: list[dict[str, Any]] = field(default_factory=list)
    """The messages taken from the mail queue so far, in order."""

    def __post_init__(self) -> None:
        self.backend = replace(self.backend, connections_api=lambda _: self.api)
        self.serve(self.backend)

    def serve(self, backend: Backend) -> None:
        """Switches to another backend and loads the functions anew, as a fresh process does."""
        self.apps = {
            name: load_app(name, backend)
            for name in functions()
            if name not in ("realtime", "rotation")
        }
        self.apps_of_routes = {
            (method, route.path): app
            for app in self.apps.values()
            if hasattr(app, "api")
            for route in app.api.routes
            for method in route.methods
        }

    # Requests.

    def ask(self, method: str, path: str, body: object = None, **options: Any) -> Answer:
        """Sends a request to the function that serves its route."""
        return self.send(event_of(method, path, body, **options))

    def send(self, event: dict[str, Any]) -> Answer:
        http = event["requestContext"]["http"]
        app = self.apps_of_routes[self.route(http["method"], http["path"])]
        return answer_of(app.handler(event, CONTEXT))

    def register(self, email: str, password: str = PASSWORD, **options: Any) -> Answer:
        return self.ask("POST", "/register", {"email": email, "password": password}, **options)

    def log_in(self, email: str, password: str = PASSWORD, **options: Any) -> Answer:
        return self.ask("POST", "/login", {"email": email, "password": password}, **options)

    def tokens(self, email: str, password: str = PASSWORD, **options: Any) -> dict[str, Any]:
        """Signs in, which must succeed. Returns the tokens."""
        answer = self.log_in(email, password, **options)
        assert answer.status == 200, answer
        tokens: dict[str, Any] = answer.json
        return tokens

    # Mails.

    def post(self) -> list[dict[str, Any]]:
        """Empties the mail queue. Returns the messages that were in it."""
        sqs, url = self.moto.sqs, self.moto.queue_url
        mails: list[dict[str, Any]] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                mails.append(json.loads(message["Body"]))
        self.mails += mails
        return mails

    def mail(self, template: str, to: str | None = None) -> dict[str, Any]:
        """Returns the latest mail of a template, sent to `to` if given."""
        self.post()
        return [
            each for each in self.mails if each["template"] == template and to in (None, each["to"])
        ][-1]

    def mailed_token(self, template: str, to: str | None = None) -> str:
        """Returns the token in the link of the latest mail of a template, sent to `to` if given."""
        link: str = self.mail(template, to)["values"]["link"]
        return link.rpartition("=")[2]

    # State.

    def opens(self, email: str, password: str) -> bool:
        """Whether a sign-in would succeed. Writes nothing."""
        backend = self.moto.backend
        user = backend.accounts.users.by_email(known_address(email))
        if user is None or user.disabled:
            return False
        cost = backend.settings.password_hash_cost
        return verify_password(password, user.password_hash, backend.keys.peppers, cost=cost)

    def is_live(self, access_token: str) -> bool:
        """Whether the session of an access token is live."""
        return self.ask("GET", "/sessions", token=access_token).status == 200

    def items(self, prefix: str = "", sort: str = "") -> list[dict[str, Any]]:
        """Returns the items of the accounts table whose keys begin with `prefix` and `sort`."""
        return [
            item
            for item in self.moto.accounts()
            if item["pk"]["S"].startswith(prefix) and item["sk"]["S"].startswith(sort)
        ]

    def route(self, method: str, path: str) -> tuple[str, str]:
        """Returns the route that API Gateway chooses: the one with the fewest path parameters.

        Raises:
            LookupError: no route matches.
        """
        fitting = [
            (method, pattern)
            for one, pattern in self.apps_of_routes
            if one == method and _fits(path, pattern)
        ]
        if not fitting:
            raise LookupError(f"API Gateway has no route for {method} {path}")
        return min(fitting, key=lambda route: route[1].count("{"))


def _fits(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    if len(parts) != len(wanted):
        return False
    return all(w == p or w.startswith("{") for w, p in zip(wanted, parts, strict=True))
