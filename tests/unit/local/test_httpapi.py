"""The OpenAPI body of an HTTP API, expanded into resources."""

from typing import Any

from local.httpapi import expand

URI = {"Fn::Sub": "arn:${AWS::Partition}:apigateway:function"}


def expanded(paths: dict[str, Any], **body: Any) -> dict[str, Any]:
    resources: dict[str, Any] = {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {"Body": {"paths": paths, **body}, "FailOnWarnings": True},
        }
    }
    expand("Api", resources)
    return resources


def operation(**integration: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": {"uri": URI, **integration}}


def properties(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    wanted = f"AWS::ApiGatewayV2::{kind}"
    return [r["Properties"] for r in resources.values() if r["Type"] == wanted]


def route_keys(paths: dict[str, Any]) -> list[str]:
    return [route["RouteKey"] for route in properties(expanded(paths), "Route")]


def test_the_body_is_gone() -> None:
    assert properties(expanded({}), "Api") == [{"Name": "Api", "ProtocolType": "HTTP"}]


def test_every_method_is_a_route() -> None:
    paths = {"/profile": {"get": operation(), "patch": operation()}}

    assert route_keys(paths) == ["GET /profile", "PATCH /profile"]


def test_parameters_stay_in_the_path() -> None:
    assert route_keys({"/rooms/{id}": {"get": operation()}}) == ["GET /rooms/{id}"]


def test_any_method_is_one_route() -> None:
    paths = {"/all": {"x-amazon-apigateway-any-method": operation()}}

    assert route_keys(paths) == ["ANY /all"]


def test_the_default_route_has_no_method() -> None:
    paths = {"/$default": {"x-amazon-apigateway-any-method": operation()}}

    assert route_keys(paths) == ["$default"]


def test_what_is_no_method_is_no_route() -> None:
    assert route_keys({"/x": {"parameters": [{"name": "id"}]}}) == []


def test_a_route_points_to_its_integration() -> None:
    resources = expanded({"/x": {"get": operation()}})
    (name,) = [n for n, r in resources.items() if r["Type"].endswith("Integration")]

    assert properties(resources, "Route")[0]["Target"] == {"Fn::Sub": f"integrations/${{{name}}}"}


def test_an_integration_calls_the_function() -> None:
    (integration,) = properties(expanded({"/x": {"get": operation()}}), "Integration")

    assert integration == {
        "ApiId": {"Ref": "Api"},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": URI,
        "PayloadFormatVersion": "2.0",
    }


def test_the_payload_format_of_the_body_is_kept() -> None:
    paths = {"/x": {"get": operation(payloadFormatVersion="1.0")}}

    assert properties(expanded(paths), "Integration")[0]["PayloadFormatVersion"] == "1.0"


def test_paths_that_differ_in_signs_only_stay_apart() -> None:
    resources = expanded({"/a-b": {"get": operation()}, "/ab": {"get": operation()}})

    assert len(properties(resources, "Route")) == 2


def test_cors_is_spelled_as_the_gateway_does() -> None:
    cors = {"AllowOrigins": "http://a, http://b", "AllowCredentials": True}
    (api,) = properties(expanded({}, **{"x-amazon-apigateway-cors": cors}), "Api")

    assert api["CorsConfiguration"] == {
        "allowOrigins": ["http://a", "http://b"],
        "allowCredentials": True,
    }
