"""Turns template.yaml into what the engine can deploy: transformed by SAM, then adjusted."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from local import httpapi
from local.settings import ROOT, Options

Template = dict[str, Any]

_CUSTOM_RESOURCE_PATIENCE = 30
_GATEWAY = re.compile(
    r"https://\$\{(\w+)\}\.execute-api\.\$\{AWS::Region\}\.(?:\$\{AWS::URLSuffix\}|amazonaws\.com)"
)
_GATEWAY_SOCKET = re.compile(r"wss://\$\{\w+\}\.execute-api\.[^/]+/.*")
# Monitoring, budgets and gradual deployments have no effect in a local stack.
_LEFT_OUT = (
    *("AWS::CloudWatch::", "AWS::CodeDeploy::", "AWS::Budgets::", "AWS::XRay::"),
    "AWS::Logs::MetricFilter",
)


@dataclass(frozen=True)
class Sources:
    """The folders that the template deploys from this checkout, by logical ID."""

    functions: dict[str, Path]
    layers: dict[str, Path]


def parameters(options: Options) -> dict[str, str]:
    """Returns the parameters that the local deployment passes to the template."""
    return {
        "Stage": "local",
        "PublicUrl": options.http_url,
        "AllowedOrigins": options.http_url,
        "MailFrom": "accounts@gatehouse.example",
        "RequireVerifiedEmail": "false",
        "ApiDocs": "true",
        **options.parameters,
    }


def parse(path: Path) -> Template:
    """Returns the template as written."""
    template: Template = yaml_parse(path.read_text())  # type: ignore[no-untyped-call]
    return template


def sources(template: Template) -> Sources:
    """Returns the folders of the functions and layers."""
    kinds = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
    folders: dict[str, dict[str, Path]] = {kind: {} for kind in kinds}
    for name, resource in template["Resources"].items():
        if resource["Type"] in kinds:
            uri = resource["Properties"][kinds[resource["Type"]]]
            folders[resource["Type"]][name] = ROOT / uri
    return Sources(*folders.values())


def adjusted(
    template: Template, options: Options, keys: dict[str, str], bucket: str, known: frozenset[str]
) -> Template:
    """Returns plain CloudFormation with custom resources and types in `known` only.

    `keys` has the S3 key of each uploaded package, by logical ID.
    """
    folders = sources(template)
    template = _without_versions(template)
    _point_to_packages(template, folders, keys, bucket)
    plain: Template = transform(
        template, _typed(template, options), ManagedPolicyLoader(boto3.client("iam"))
    )
    resources = plain["Resources"]
    for name in [n for n, r in resources.items() if _left_out(r["Type"], known)]:
        del resources[name]
    for name, resource in list(resources.items()):
        _adjust(name, resource, resources)
    rewritten: Template = _with_local_gateways(plain, options)
    return rewritten


def _without_versions(template: Template) -> Template:
    """Replaces each alias with its function and publishes no versions: saved code runs at once."""
    for name in ("AutoPublishAlias", "AutoPublishAliasAllProperties", "SnapStart"):
        template["Globals"]["Function"].pop(name, None)
    unaliased: Template = _unaliased(template)
    return unaliased


def _unaliased(value: Any) -> Any:
    match value:
        case {"Ref": str(name)} if name.endswith(".Alias"):
            return {"Fn::GetAtt": [name.removesuffix(".Alias"), "Arn"]}
        case dict():
            return {k: _unaliased(v) for k, v in value.items()}
        case list():
            return [_unaliased(item) for item in value]
    return value


def _point_to_packages(
    template: Template, folders: Sources, keys: dict[str, str], bucket: str
) -> None:
    resources = template["Resources"]
    for name, folder in folders.functions.items():
        properties = resources[name]["Properties"]
        properties["CodeUri"] = {"Bucket": bucket, "Key": keys[name]}
        properties["FunctionName"] = folder.name
    for name in folders.layers:
        resources[name]["Properties"]["ContentUri"] = {"Bucket": bucket, "Key": keys[name]}


def _typed(template: Template, options: Options) -> dict[str, Any]:
    """Returns the parameters as SAM expects them: lists as lists, defaults filled in."""
    arguments = parameters(options)
    values: dict[str, Any] = {}
    for name, declared in template.get("Parameters", {}).items():
        value = arguments.get(name, declared.get("Default", ""))
        is_list = declared["Type"] == "CommaDelimitedList"
        values[name] = str(value).split(",") if is_list else value
    return values


def _left_out(kind: str, known: frozenset[str]) -> bool:
    if kind.startswith("Custom::"):
        return False
    return kind.startswith(_LEFT_OUT) or kind not in known


def _adjust(name: str, resource: dict[str, Any], resources: dict[str, Any]) -> None:
    # A stack that failed to deploy is deleted and created anew, so it must retain nothing.
    resource.pop("DeletionPolicy", None)
    resource.pop("UpdateReplacePolicy", None)
    kind, properties = resource["Type"], resource.setdefault("Properties", {})
    if kind == "AWS::ApiGatewayV2::Api" and "Body" in properties:
        httpapi.expand(name, resources)
    if kind == "AWS::Lambda::Function" and "LoggingConfig" in properties:
        _log_as_configured(properties)
    properties.pop("DeletionProtectionEnabled", None)
    if "ServiceToken" in properties:
        properties["ServiceTimeout"] = _CUSTOM_RESOURCE_PATIENCE


def _log_as_configured(function: dict[str, Any]) -> None:
    """Sets the variables by which Lambda passes the log format and level to its runtime."""
    variables = function.setdefault("Environment", {}).setdefault("Variables", {})
    variables["AWS_LAMBDA_LOG_FORMAT"] = function["LoggingConfig"].get("LogFormat", "Text")
    if level := function["LoggingConfig"].get("ApplicationLogLevel"):
        variables["AWS_LAMBDA_LOG_LEVEL"] = level


def _with_local_gateways(value: Any, options: Options) -> Any:
    """Replaces https URLs of gateways with the engine's, and wss URLs with the front door's."""
    if isinstance(value, str):
        value = _GATEWAY_SOCKET.sub(options.socket_url, value)
        return _GATEWAY.sub(rf"{options.aws_url}/_aws/execute-api/${{\1}}", value)
    if isinstance(value, dict):
        return {k: _with_local_gateways(v, options) for k, v in value.items()}
    if isinstance(value, list):
        return [_with_local_gateways(item, options) for item in value]
    return value
