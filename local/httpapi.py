"""Turns an HTTP API's OpenAPI body, which the engine ignores, into resources it supports."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

Resources = dict[str, Any]

_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_CORS = "x-amazon-apigateway-cors"
_LISTS = ("allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders")


def expand(api: str, resources: Resources) -> None:
    """Replaces the body of the HTTP API `api`, a logical ID, by routes and integrations."""
    properties = resources[api]["Properties"]
    body = properties.pop("Body")
    properties |= {"Name": api, "ProtocolType": "HTTP"}
    properties.pop("FailOnWarnings", None)
    if _CORS in body:
        properties["CorsConfiguration"] = _cors(body[_CORS])
    for route_key, integration in _operations(body):
        resources.update(_route(api, route_key, integration))


def _operations(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if path == "/$default":
                yield "$default", operation[_INTEGRATION]
            elif method == _ANY:
                yield f"ANY {path}", operation[_INTEGRATION]
            elif method in _METHODS:
                yield f"{method.upper()} {path}", operation[_INTEGRATION]


def _route(api: str, route_key: str, integration: dict[str, Any]) -> Resources:
    name = api + _identifier(route_key)
    target = {"Fn::Sub": f"integrations/${{{name}Integration}}"}
    return {
        f"{name}Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": api},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": integration["uri"],
                "PayloadFormatVersion": integration.get("payloadFormatVersion", "2.0"),
            },
        },
        f"{name}Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {"ApiId": {"Ref": api}, "RouteKey": route_key, "Target": target},
        },
    }


def _identifier(route_key: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9]", "", route_key.title())
    return readable + hashlib.sha256(route_key.encode()).hexdigest()[:6]


def _cors(configuration: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings as the engine reads them: in API Gateway's spelling, as lists."""
    cors = {name[0].lower() + name[1:]: value for name, value in configuration.items()}
    for name in _LISTS:
        if isinstance(cors.get(name), str):
            cors[name] = [part.strip() for part in cors[name].split(",")]
    return cors
