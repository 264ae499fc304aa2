"""The template after SAM expands it: what SAM adds must be as narrow as what is written."""

import copy
import json
import re
from functools import cache
from typing import Any

import pytest
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from harness.moto_backend import REGION
from harness.template import functions, template

ADDED_BY_SAM = {
    # Writing logs, and for functions with a queue receiving and deleting messages.
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaSQSQueueExecutionRole",
}
"""Managed policies that apply to all resources. Their resources cannot be restricted."""


@cache
def plain() -> dict[str, Any]:
    """Returns all resources by logical ID, as CloudFormation receives them."""
    written = copy.deepcopy(template())
    values = {
        name: ["x"] if declared["Type"] == "CommaDelimitedList" else declared.get("Default", "x")
        for name, declared in written["Parameters"].items()
    }
    for resource in written["Resources"].values():
        for uri in {"CodeUri", "ContentUri"} & set(resource.get("Properties", {})):
            resource["Properties"][uri] = {"Bucket": "b", "Key": "k"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        expanded: dict[str, Any] = transform(written, values, ManagedPolicyLoader(None))  # type: ignore[arg-type]  # never called
    return dict(expanded["Resources"])


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """Returns the properties of all resources of a kind, by logical ID."""
    return {name: each["Properties"] for name, each in plain().items() if each["Type"] == kind}


def test_every_permission_names_who_calls_and_for_what() -> None:
    permissions = of_kind("AWS::Lambda::Permission")
    assert len(permissions) > 30
    for name, permission in permissions.items():
        assert permission["Action"] == "lambda:InvokeFunction", name
        assert permission["Principal"] in {"apigateway.amazonaws.com", "events.amazonaws.com"}, name
        assert permission["SourceArn"], name


def test_every_permission_of_a_door_is_for_one_route() -> None:
    for name, permission in of_kind("AWS::Lambda::Permission").items():
        if permission["Principal"] == "apigateway.amazonaws.com":
            route = permission["SourceArn"]["Fn::Sub"][0].rpartition("}/")[2]
            assert re.match(r"\$|(GET|HEAD|POST|PUT|PATCH|DELETE)/", route), name


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [str(each["Role"]) for each in of_kind("AWS::Lambda::Function").values()]
    assert len(roles) == len(set(roles)) == len(functions()) == len(of_kind("AWS::IAM::Role"))


def test_roles_are_for_functions_only() -> None:
    for name, role in of_kind("AWS::IAM::Role").items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": ["lambda.amazonaws.com"]}, name


def test_sam_adds_no_other_policy() -> None:
    added = {
        arn.partition(":policy/")[2]
        for role in of_kind("AWS::IAM::Role").values()
        for arn in role["ManagedPolicyArns"]
    }
    assert added == ADDED_BY_SAM


def test_nobody_else_may_use_queues_tables_and_secrets() -> None:
    kinds = {each["Type"] for each in plain().values()}
    assert not {kind for kind in kinds if kind.endswith("Policy")}


def test_grants_of_a_role_fit_into_what_iam_takes() -> None:
    """IAM allows 10,240 characters of inline policies, not counting whitespace (IAM quotas)."""
    for name, role in of_kind("AWS::IAM::Role").items():
        text = json.dumps(role.get("Policies", []), separators=(",", ":"))
        assert len(text) < 10_240, name
