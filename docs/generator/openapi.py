"""Generates docs/openapi.json (OpenAPI 3.1) from the declared routes and their models."""

import importlib.util
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from docs.generator.examples import CHALLENGE, OUTPUTS, PROBLEM_DETAILS, example
from docs.generator.operations import REFERENCE, name_of, operation, refused_by
from gatehouse import __version__
from gatehouse.errors import ChallengeRequired, InvalidInput, Refusal
from gatehouse.http import cookies
from gatehouse.http.api import Api, Route
from gatehouse.settings import ChallengeProvider

ROOT = Path(__file__).parents[2]

TAGS = {
    "register": "Create an account and verify its email address.",
    "login": "Sign in.",
    "sessions": "Refresh, list and end sessions, and read the audit trail.",
    "passwords": "Change or reset the password, and delete the account.",
    "emails": "Change the account's email address.",
    "profile": "Read, change and export the data stored about the signed-in user.",
    "wellknown": "Health, public keys and discovery.",
    "pages": "The web app and the API documentation.",
}

ABOUT = """\
Accounts over HTTP. Sign in with `POST /login`, send the access token as `Authorization: Bearer`,
and get a new one from `POST /sessions/refresh` before it expires.

Every error is a problem document (RFC 9457). Its `code` is for programs and never changes, `title`
and `detail` are for people, and `request_id` identifies the request in the logs. `POST /token` and
`POST /revoke` return the errors of RFC 6749 instead.

Messages are sent over a WebSocket that speaks the Centrifuge client protocol. Its address is in
`GET /app/config.json`.
"""


def apis() -> dict[str, Api]:
    """Returns the API of every function that has routes, by the name of its folder."""
    names = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))
    loaded = {name: load_app(name) for name in names}
    return {name: module.api for name, module in loaded.items() if hasattr(module, "api")}


def openapi() -> dict[str, Any]:
    """Returns the whole document."""
    routes = [(name, route) for name, api in apis().items() for route in api.routes]
    paths: dict[str, Any] = defaultdict(dict)
    for tag, route in sorted(routes, key=lambda each: (each[1].path, each[1].method)):
        paths[route.path][route.method.lower()] = operation(tag, route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gatehouse",
            "version": __version__,
            "summary": "Accounts for an app, in its own AWS account.",
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The server of this document"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": dict(paths),
        "components": {
            "schemas": _schemas([route for _, route in routes]),
            "examples": _problems(route for _, route in routes),
            "securitySchemes": _SECURITY,
        },
    }


def text() -> str:
    return json.dumps(openapi(), indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def load_app(name: str) -> Any:
    """Returns the module functions/<name>/app.py."""
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"app_of_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _problems(routes: Iterable[Route]) -> dict[str, Any]:
    """Returns one example per refusal of the routes that return problem documents."""
    refusals = {each.code: each for route in routes if not route.form for each in refused_by(route)}
    return {code: {"value": _example_of(refusals[code])} for code in sorted(refusals)}


def _example_of(refusal: type[Refusal]) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": f"urn:gatehouse:error:{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "code": refusal.code,
        "request_id": "JKJaXmPLvHcESHA=",
    }
    if refusal.code in PROBLEM_DETAILS:
        example["detail"] = PROBLEM_DETAILS[refusal.code]
    if refusal is InvalidInput:
        example["errors"] = [{"pointer": "/email", "detail": "is not an email address"}]
    if issubclass(refusal, ChallengeRequired):
        example["challenge"] = CHALLENGE
    return example


def _schemas(routes: list[Route]) -> dict[str, Any]:
    models = {model for route in routes if (model := route.input_model())}
    inputs = _input_schemas(sorted(models, key=name_of))
    outputs: dict[str, Any] = {}
    for output in sorted({m for route in routes if (m := route.output_model())}, key=name_of):
        schema = TypeAdapter(output).json_schema(mode="serialization", ref_template=REFERENCE)
        outputs |= schema.pop("$defs", {})
        outputs[name_of(output)] = {**schema, "examples": [example(OUTPUTS, name_of(output))]}
    # With `refresh: cookie` the body carries no refresh token.
    outputs["Tokens"]["required"].remove("refresh_token")
    ours = {"Problem": _PROBLEM, "OAuthError": _OAUTH_ERROR}
    return dict(sorted({**inputs, **outputs, **ours}.items()))


def _input_schemas(models: list[type[BaseModel]]) -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template=REFERENCE
    )
    schemas: dict[str, Any] = definitions.get("$defs", {})
    return schemas


_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "at+jwt",
        "description": "An access token (RFC 9068). It is valid for 15 minutes.",
    },
    "refreshCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": cookies.NAME,
        "description": "The refresh token of a web page that signed in with `refresh: cookie`. "
        "Accepted from allowed origins only.",
    },
}

_PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457). `code` is for programs and never changes.",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string", "description": "Identifies the request in the logs."},
        "challenge": {
            "type": "object",
            "description": "Only for `challenge_required` and `challenge_failed`. For `altcha`, "
            "the members besides `provider` are a challenge of ALTCHA's proof of work, version 2. "
            "For `turnstile` and `hcaptcha`, they are `site_key` and `action`. Send the solution, "
            "or the widget's token, as the member `solution` of the same request.",
            "required": ["provider"],
            "properties": {"provider": {"enum": list(get_args(ChallengeProvider))}},
        },
        "errors": {
            "type": "array",
            "description": "Only for `invalid_input`.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "format": "json-pointer"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_OAUTH_ERROR = {
    "type": "object",
    "description": "An error document (RFC 6749 section 5.2).",
    "required": ["error", "error_description"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}
