"""Describes one route as an OpenAPI operation: its input, responses and errors."""

import re
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from docs.generator.examples import INPUTS, PARAMETERS, example
from gatehouse.errors import (
    BodyTooLarge,
    InternalError,
    InvalidInput,
    InvalidToken,
    MailsExhausted,
    MalformedForm,
    MalformedJson,
    MissingToken,
    Refusal,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from gatehouse.http import problems
from gatehouse.http.api import Route

REFERENCE = "#/components/schemas/{model}"
EXAMPLE = "#/components/examples/{code}"

ALWAYS = (InternalError, Unavailable)
WITH_BODY = (BodyTooLarge, UnsupportedMediaType, InvalidInput)
SIGNED_IN = (MissingToken, InvalidToken)

Json = dict[str, Any]


def operation(tag: str, route: Route) -> Json:
    """Returns the operation of a route. Its texts are the docstring of the handler."""
    summary, _, description = (route.handler.__doc__ or "").partition("\n\n")
    whole: Json = {
        "operationId": route.handler.__name__,
        "tags": [tag],
        "summary": summary.strip().rstrip("."),
        "parameters": _parameters(route),
        "responses": {**_successes(route), **_refusals(route)},
    }
    if description:
        whole["description"] = " ".join(description.split())
    if model := route.input_model():
        media = {"schema": reference(model), "example": example(INPUTS, name_of(model))}
        kind = "application/x-www-form-urlencoded" if route.form else "application/json"
        whole["requestBody"] = {"required": True, "content": {kind: media}}
    if route.signed_in:
        whole["security"] = [{"bearer": []}]
    if route.cookie:
        whole["security"] = [{}, {"refreshCookie": []}]
    return {key: value for key, value in whole.items() if value != []}


def refused_by(route: Route) -> Iterable[type[Refusal]]:
    """Yields every refusal the route can return, including those that every route shares."""
    malformed = MalformedForm if route.form else MalformedJson
    yield from route.errors
    yield from (malformed, *WITH_BODY) if route.body else ()
    yield from SIGNED_IN if route.signed_in else ()
    yield from (TooManyRequests,) if route.limit else ()
    yield from ALWAYS


def reference(model: type) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=name_of(model))}


def name_of(model: type) -> str:
    return model.__name__


def _parameters(route: Route) -> list[Json]:
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "example": PARAMETERS[name],
        }
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    in_query = [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}}
        for name, meaning in route.query.items()
    ]
    return in_path + in_query


def _successes(route: Route) -> Json:
    answer: Json = {"description": HTTPStatus(route.status).phrase}
    if model := route.output_model():
        answer["content"] = {"application/json": {"schema": reference(model)}}
    elif route.status == 200 and not route.form:
        answer["content"] = {route.media_type: {"schema": {}}}
    others = {
        str(status): {"description": meaning} for status, meaning in route.other_statuses.items()
    }
    return {str(route.status): answer, **others}


def _refusals(route: Route) -> Json:
    by_status: dict[int, list[type[Refusal]]] = defaultdict(list)
    for refusal in dict.fromkeys(refused_by(route)):
        status = problems.oauth_status(refusal()) if route.form else refusal.status
        by_status[status].append(refusal)
    response_of = _oauth_error if route.form else _problem
    return {str(status): response_of(by_status[status]) for status in sorted(by_status)}


def _problem(refusals: list[type[Refusal]]) -> Json:
    examples = {each.code: {"$ref": EXAMPLE.format(code=each.code)} for each in refusals}
    media = {"schema": {"$ref": REFERENCE.format(model="Problem")}, "examples": examples}
    return {**_described(refusals), "content": {problems.CONTENT_TYPE: media}}


def _oauth_error(refusals: list[type[Refusal]]) -> Json:
    examples = {each.code: {"value": problems.oauth_error(each())} for each in refusals}
    media = {"schema": {"$ref": REFERENCE.format(model="OAuthError")}, "examples": examples}
    return {**_described(refusals), "content": {"application/json": media}}


def _described(refusals: list[type[Refusal]]) -> Json:
    response: Json = {"description": "; ".join(f"`{each.code}`: {each.title}" for each in refusals)}
    headers = {
        "Retry-After": any(each in (TooManyRequests, MailsExhausted) for each in refusals),
        "WWW-Authenticate": any(
            "WWW-Authenticate" in problems.headers(each()) for each in refusals
        ),
    }
    wanted = {name: {"schema": {"type": "string"}} for name, is_sent in headers.items() if is_sent}
    return {**response, "headers": wanted} if wanted else response
