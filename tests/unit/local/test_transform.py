"""template.yaml as the local stack deploys it."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local import transform
from local.settings import TEMPLATE, Options

OPTIONS = Options(port=8001, aws_port=4567, state=Path("state"))
KNOWN = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::DynamoDB::Table",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
    }
)


@pytest.fixture(scope="module")
def written() -> transform.Template:
    return transform.parse(TEMPLATE)


@pytest.fixture
def plain(written: transform.Template) -> transform.Template:
    template = copy.deepcopy(written)
    sources = transform.sources(template)
    keys = dict.fromkeys([*sources.functions, *sources.layers], "key")
    return transform.adjusted(template, OPTIONS, keys, "bucket", KNOWN)


def of_kind(template: transform.Template, kind: str) -> dict[str, dict[str, Any]]:
    return {n: r["Properties"] for n, r in template["Resources"].items() if r["Type"] == kind}


def test_every_function_comes_from_a_folder_of_this_checkout(written: transform.Template) -> None:
    assert all(folder.is_dir() for folder in transform.sources(written).functions.values())


def test_every_layer_comes_from_a_folder_of_this_checkout(written: transform.Template) -> None:
    assert all(folder.is_dir() for folder in transform.sources(written).layers.values())


def test_every_parameter_that_is_passed_is_declared(written: transform.Template) -> None:
    assert set(transform.parameters(OPTIONS)) <= set(written["Parameters"])


def test_functions_are_named_after_their_folders(plain: transform.Template) -> None:
    named = {each["FunctionName"] for each in of_kind(plain, "AWS::Lambda::Function").values()}

    assert "profile" in named


def test_types_the_engine_does_not_know_are_left_out(plain: transform.Template) -> None:
    kinds = {resource["Type"] for resource in plain["Resources"].values()}

    assert {kind for kind in kinds if not kind.startswith("AWS::CloudFormation::")} <= KNOWN


def test_nothing_outlives_a_stack_that_failed(plain: transform.Template) -> None:
    assert not [r for r in plain["Resources"].values() if "DeletionPolicy" in r]


def test_tables_can_be_deleted(plain: transform.Template) -> None:
    tables = of_kind(plain, "AWS::DynamoDB::Table").values()

    assert not [table for table in tables if "DeletionProtectionEnabled" in table]


def test_the_http_api_has_the_routes_of_the_template(plain: transform.Template) -> None:
    routes = {each["RouteKey"] for each in of_kind(plain, "AWS::ApiGatewayV2::Route").values()}

    assert {"POST /login", "GET /profile", "$connect", "$default"} <= routes


def test_functions_are_told_how_to_log(plain: transform.Template) -> None:
    functions = of_kind(plain, "AWS::Lambda::Function").values()
    formats = {f["Environment"]["Variables"]["AWS_LAMBDA_LOG_FORMAT"] for f in functions}

    assert formats == {"JSON"}


def test_functions_post_to_connections_of_the_engine(plain: transform.Template) -> None:
    functions = of_kind(plain, "AWS::Lambda::Function")
    url = functions["RealtimeFunction"]["Environment"]["Variables"]["CONNECTIONS_URL"]["Fn::Sub"]

    assert url.startswith("http://127.0.0.1:4567/_aws/execute-api/${SocketApi}/")


def test_the_socket_s_address_is_that_of_the_front_door(plain: transform.Template) -> None:
    assert plain["Outputs"]["SocketUrl"]["Value"] == {
        "Fn::Sub": "ws://localhost:8001/connection/websocket"
    }


def test_parameters_of_the_command_line_go_before_the_usual_ones() -> None:
    chosen = replace(OPTIONS, parameters={"RequireVerifiedEmail": "true"})
    assert transform.parameters(OPTIONS)["RequireVerifiedEmail"] == "false"
    assert transform.parameters(chosen) == {
        **transform.parameters(OPTIONS),
        "RequireVerifiedEmail": "true",
    }


def test_functions_are_called_as_they_were_saved_last(plain: transform.Template) -> None:
    assert not of_kind(plain, "AWS::Lambda::Version")
    assert not of_kind(plain, "AWS::Lambda::Alias")
    assert ".Alias" not in str(plain)
    assert "SnapStart" not in str(of_kind(plain, "AWS::Lambda::Function"))
