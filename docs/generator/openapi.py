"""docs/openapi.json: OpenAPI 3.1 from the declarations of the routes and the models they name."""

import importlib.util
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from gatehouse import __version__
from gatehouse.errors import (
    BodyTooLarge,
    InternalError,
    InvalidInput,
    InvalidToken,
    MalformedForm,
    MalformedJson,
    MissingToken,
    Refusal,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from gatehouse.http import problems
from gatehouse.http.api import Api, Route

ROOT = Path(__file__).parents[2]
REFERENCE = "#/components/schemas/{model}"

ALWAYS = (InternalError, Unavailable)
WITH_BODY = (MalformedJson, BodyTooLarge, UnsupportedMediaType, InvalidInput)
WITH_FORM = (MalformedForm, BodyTooLarge, UnsupportedMediaType, InvalidInput)
SIGNED_IN = (MissingToken, InvalidToken)


def apis() -> dict[str, Api]:
    """The routes of every function that has some, by the name of its folder."""
    loaded = {path.parent.name: _load(path) for path in sorted(ROOT.glob("functions/*/app.py"))}
    return {name: module.api for name, module in loaded.items() if hasattr(module, "api")}


def openapi() -> dict[str, Any]:
    """The whole document."""
    routes = [(name, route) for name, api in apis().items() for route in api.routes]
    paths: dict[str, Any] = defaultdict(dict)
    for tag, route in sorted(routes, key=lambda each: (each[1].path, each[1].method)):
        paths[route.path][route.method.lower()] = _operation(tag, route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gatehouse",
            "version": __version__,
            "summary": "Accounts for an app, in its own AWS account.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "http://localhost:8000", "description": "the local stack"}],
        "paths": dict(paths),
        "components": {
            "schemas": _schemas([route for _, route in routes]),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}
            },
        },
    }


def text() -> str:
    return json.dumps(openapi(), indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"app_of_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _operation(tag: str, route: Route) -> dict[str, Any]:
    summary, _, description = (route.handler.__doc__ or "").partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [tag],
        "summary": summary.strip().rstrip("."),
        "responses": {**_successes(route), **_refusals(route)},
    }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if description:
        operation["description"] = " ".join(description.split())
    model = route.input_model()
    if model:
        kind = "application/x-www-form-urlencoded" if route.form else "application/json"
        content = {kind: {"schema": _reference(model)}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.signed_in:
        operation["security"] = [{"bearer": []}]
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    text = {"type": "string"}
    path = re.findall(r"\{(\w+)\}", route.path)
    return [
        *({"name": name, "in": "path", "required": True, "schema": text} for name in path),
        *(
            {"name": name, "in": "query", "description": note, "schema": text}
            for name, note in route.query.items()
        ),
    ]


def _successes(route: Route) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    if route.gives:
        answer["content"] = {"application/json": {"schema": _reference(route.gives)}}
    others = {str(status): {"description": when} for status, when in route.also.items()}
    return {str(route.status): answer, **others}


def _refusals(route: Route) -> dict[str, Any]:
    by_status: dict[int, list[type[Refusal]]] = defaultdict(list)
    for refusal in dict.fromkeys(_refused_by(route)):
        status = problems.oauth_status(refusal()) if route.form else refusal.status
        by_status[status].append(refusal)
    tell = _oauth_error if route.form else _problem
    return {str(status): tell(by_status[status]) for status in sorted(by_status)}


def _refused_by(route: Route) -> Iterable[type[Refusal]]:
    yield from route.refuses
    if route.body:
        yield from WITH_FORM if route.form else WITH_BODY
    yield from SIGNED_IN if route.signed_in else ()
    yield from (TooManyRequests,) if route.limit else ()
    yield from ALWAYS


def _oauth_error(refusals: list[type[Refusal]]) -> dict[str, Any]:
    examples = {refusal.code: {"value": problems.oauth_error(refusal())} for refusal in refusals}
    schema = {"$ref": REFERENCE.format(model="OAuthError")}
    return _described(refusals, {"application/json": {"schema": schema, "examples": examples}})


def _problem(refusals: list[type[Refusal]]) -> dict[str, Any]:
    examples = {
        refusal.code: {
            "value": {
                "type": f"urn:gatehouse:error:{refusal.code}",
                "title": refusal.title,
                "status": refusal.status,
                "code": refusal.code,
                "request_id": "JKJaXmPLvHcESHA=",
            }
        }
        for refusal in refusals
    }
    schema = {"$ref": REFERENCE.format(model="Problem")}
    content = {"application/problem+json": {"schema": schema, "examples": examples}}
    return _described(refusals, content)


def _described(refusals: list[type[Refusal]], content: dict[str, Any]) -> dict[str, Any]:
    told = "; ".join(f"`{refusal.code}`: {refusal.title}" for refusal in refusals)
    answer: dict[str, Any] = {"description": told, "content": content}
    if TooManyRequests in refusals:
        wait = {"description": "Seconds to wait", "schema": {"type": "integer"}}
        answer["headers"] = {"Retry-After": wait}
    return answer


def _schemas(routes: list[Route]) -> dict[str, Any]:
    models = {model for route in routes if (model := route.input_model())}
    inputs = _input_schemas(sorted(models, key=lambda model: model.__name__))
    outputs: dict[str, Any] = {}
    for output in sorted({route.gives for route in routes if route.gives}, key=_name):
        schema = TypeAdapter(output).json_schema(mode="serialization", ref_template=REFERENCE)
        outputs |= schema.pop("$defs", {})
        outputs[_name(output)] = schema
    return dict(
        sorted({**inputs, **outputs, "Problem": _PROBLEM, "OAuthError": _OAUTH_ERROR}.items())
    )


def _input_schemas(models: list[type[BaseModel]]) -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template=REFERENCE
    )
    schemas: dict[str, Any] = definitions.get("$defs", {})
    return schemas


def _reference(model: type) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=_name(model))}


def _name(model: type) -> str:
    return model.__name__


_OAUTH_ERROR = {
    "type": "object",
    "description": "An error of RFC 6749 section 5.2, on the routes that follow that standard.",
    "required": ["error", "error_description"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}

_PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457). Programs read `code`; it never changes.",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string", "description": "Finds the request in the logs."},
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
