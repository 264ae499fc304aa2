"""A well-formed request for every route of the HTTP API."""

from dataclasses import dataclass
from typing import Any

from harness.http_app import NEW_PASSWORD
from harness.moto_backend import PASSWORD

FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Good:
    """A request as a client sends it. Tokens in it have the right form, but are not valid."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    signed_in: bool = False
    form: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


LINK = "A" * 43
EMAIL = "somebody@example.com"
REFRESH = "r1." + "0" * 32 + "." + "0" * 32 + ".0." + "A" * 43

ROUTES = [
    Good("POST", "/register", {"email": EMAIL, "password": PASSWORD, "name": "Somebody"}),
    Good("POST", "/register/verify", {"token": LINK, "password": PASSWORD}),
    Good("POST", "/register/resend", {"email": EMAIL}),
    Good("POST", "/login", {"email": EMAIL, "password": PASSWORD, "refresh": "body"}),
    Good("POST", "/sessions/refresh", {"refresh_token": REFRESH}),
    Good("POST", "/logout", {"refresh_token": REFRESH}),
    Good("GET", "/sessions", signed_in=True),
    Good("DELETE", "/sessions/00000000000000000000000000000000", signed_in=True),
    Good("DELETE", "/sessions?keep=current", signed_in=True),
    Good("POST", "/passwords/forgot", {"email": EMAIL}),
    Good("POST", "/passwords/reset", {"token": LINK, "password": NEW_PASSWORD}),
    Good(
        "PUT",
        "/password",
        {"current_password": "not the right one", "new_password": NEW_PASSWORD},
        signed_in=True,
    ),
    Good(
        "POST",
        "/emails/change",
        {"new_email": EMAIL, "password": "not the right one"},
        signed_in=True,
    ),
    Good("POST", "/emails/confirm", {"token": LINK}),
    Good("GET", "/profile", signed_in=True),
    Good("PATCH", "/profile", {"name": "Somebody"}, signed_in=True),
    Good("DELETE", "/profile", {"password": "not the right one"}, signed_in=True),
    Good("GET", "/profile/export", signed_in=True),
    Good("GET", "/profile/events", signed_in=True),
    Good("POST", "/token", {"grant_type": "refresh_token", "refresh_token": REFRESH}, form=True),
    Good("POST", "/revoke", {"token": REFRESH}, form=True),
]
"""All routes except FILES and those of the wellknown function, which ignore the request."""

FILES = [
    Good("GET", "/app"),
    Good("GET", "/app/config.json"),
    Good("GET", "/app/main.js"),
    Good("GET", "/docs"),
    Good("GET", "/openapi.json"),
]
"""Public files of the build. Only the name and two headers of the request are read."""

READING_COOKIES = [
    Good("POST", "/sessions/refresh", {}),
    Good("POST", "/logout", {}),
]
"""The routes that read the refresh token from a cookie."""

READING_CODES = [
    Good("POST", "/register/verify", {"email": EMAIL, "code": "123456", "password": PASSWORD}),
]
"""The routes that read a code that the user types or pastes."""

BODIED = [route for route in ROUTES if route.body is not None]
JSON = [route for route in BODIED if not route.form]
