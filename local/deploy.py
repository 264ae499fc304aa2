"""Deploys template.yaml and the source folders, in their current state, to the engine."""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from local import packages, transform
from local.build import Build
from local.frontdoor import Addresses
from local.settings import AUTH_LAYER, STACK, TEMPLATE, UNFINISHED, Options

_BUCKET = "gatehouse-local-packages"
_NEVER_CAME_UP = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
_SETTLED = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


class DeployFailed(Exception):
    """The stack did not reach the template's state. The message names resource and cause."""


@dataclass(frozen=True)
class Deployed:
    """The result of a deployment."""

    functions: tuple[str, ...]
    addresses: Addresses
    outputs: dict[str, str]
    tables: dict[str, str]


class Deployer:
    """Deploys template.yaml to the engine at `options.aws_url`, any number of times."""

    def __init__(self, options: Options, build: Build, known_types: frozenset[str]) -> None:
        self._options = options
        self._build = build
        self._known = known_types

    def client(self, service: str) -> Any:
        """Returns a boto3 client for the engine."""
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
        return boto3.client(service, config=config)  # type: ignore[call-overload]

    def deploy(self) -> Deployed:
        """Creates or updates the stack. Resources that have not changed stay as they are."""
        template = transform.parse(TEMPLATE)
        if unknown := set(self._options.parameters) - set(template["Parameters"]):
            raise DeployFailed(f"template.yaml has no parameter {', '.join(sorted(unknown))}")
        sources = transform.sources(template)
        packages.check_sources(AUTH_LAYER, *sources.functions.values())
        keys = self._upload(sources)
        plain = transform.adjusted(template, self._options, keys, _BUCKET, self._known)
        self._bring_to(plain)
        self._apply_what_was_ignored(plain)
        names = tuple(folder.name for folder in sources.functions.values())
        return self._describe(plain, names)

    def replace_code(self, folder: Path) -> None:
        """Updates one function with the current code of its folder."""
        packages.check_sources(folder)
        code = packages.function_zip(folder)
        self.client("lambda").update_function_code(FunctionName=folder.name, ZipFile=code)

    def _upload(self, sources: transform.Sources) -> dict[str, str]:
        s3 = self.client("s3")
        region = {"LocationConstraint": s3.meta.region_name}
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration=region)
        contents = {name: packages.function_zip(f) for name, f in sources.functions.items()}
        for name, folder in sources.layers.items():
            contents[name] = packages.layer_zip(self._installed(folder))
        keys = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        for name, content in contents.items():
            s3.put_object(Bucket=_BUCKET, Key=keys[name], Body=content)
        return keys

    def _installed(self, layer: Path) -> Path:
        """Returns the folder on this machine that has the content of a layer."""
        return layer if layer == AUTH_LAYER else self._build.dependencies

    def _bring_to(self, plain: transform.Template) -> None:
        request = {
            "StackName": STACK,
            "TemplateURL": self._template_url(plain),
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in transform.parameters(self._options).items()
                if name in plain.get("Parameters", {})
            ],
        }
        cloudformation = self.client("cloudformation")
        if self._exists(cloudformation):
            self._update(cloudformation, request)
        else:
            unfinished = self._options.state / UNFINISHED
            unfinished.touch()
            cloudformation.create_stack(**request)
            self._await(cloudformation, "stack_create_complete")
            unfinished.unlink()

    def _template_url(self, plain: transform.Template) -> str:
        """Uploads the template, which may exceed a request's 51,200 bytes. Returns its URL."""
        self.client("s3").put_object(
            Bucket=_BUCKET, Key="template", Body=json.dumps(plain).encode()
        )
        return f"{self._options.aws_url}/{_BUCKET}/template"

    def _exists(self, cloudformation: Any) -> bool:
        try:
            status = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        except ClientError:
            return False
        if status in _NEVER_CAME_UP:
            cloudformation.delete_stack(StackName=STACK)
            self._await(cloudformation, "stack_delete_complete")
            return False
        return True

    def _update(self, cloudformation: Any, request: dict[str, Any]) -> None:
        try:
            cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates" in str(error):
                return
            message = error.response["Error"]["Message"]
            if "cannot be updated" in message:
                message += ": an earlier start was interrupted. Delete its data: make reset"
            raise DeployFailed(message) from error
        self._await(cloudformation, "stack_update_complete")

    def _await(self, cloudformation: Any, waiter: str) -> None:
        try:
            patience = {"Delay": 0.1, "MaxAttempts": 1200}
            cloudformation.get_waiter(waiter).wait(StackName=STACK, WaiterConfig=patience)
        except WaiterError as error:
            raise DeployFailed(_reason(cloudformation) or str(error)) from error

    def _apply_what_was_ignored(self, plain: transform.Template) -> None:
        """Enables TTL, which the engine ignores. Verifies the sender, a manual step on AWS."""
        self._verify_sender()
        dynamodb = self.client("dynamodb")
        tables = self._physical_ids("AWS::DynamoDB::Table")
        for name, table in tables.items():
            wanted = plain["Resources"][name]["Properties"].get("TimeToLiveSpecification")
            now = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
            if wanted and now["TimeToLiveStatus"] != "ENABLED":
                dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)

    def _verify_sender(self) -> None:
        sesv2 = self.client("sesv2")
        with contextlib.suppress(sesv2.exceptions.AlreadyExistsException):
            sender = transform.parameters(self._options)["MailFrom"]
            sesv2.create_email_identity(EmailIdentity=sender)

    def _describe(self, plain: transform.Template, functions: tuple[str, ...]) -> Deployed:
        stack = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return Deployed(
            functions=functions,
            addresses=self._addresses(plain),
            outputs={o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
            tables=self._physical_ids("AWS::DynamoDB::Table"),
        )

    def _addresses(self, plain: transform.Template) -> Addresses:
        apis = self._physical_ids("AWS::ApiGatewayV2::Api")
        paths = {"HTTP": "", "WEBSOCKET": ""}
        for resource in plain["Resources"].values():
            if resource["Type"] == "AWS::ApiGatewayV2::Stage":
                api = resource["Properties"]["ApiId"]["Ref"]
                protocol = plain["Resources"][api]["Properties"]["ProtocolType"]
                stage = self._stage_name(resource["Properties"]["StageName"])
                paths[protocol] = f"/_aws/execute-api/{apis[api]}/{stage}"
        return Addresses(http=paths["HTTP"], socket=paths["WEBSOCKET"])

    def _stage_name(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        return transform.parameters(self._options)[value["Ref"]]

    def _physical_ids(self, kind: str) -> dict[str, str]:
        cloudformation = self.client("cloudformation")
        resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
        return {
            r["LogicalResourceId"]: r["PhysicalResourceId"]
            for r in resources
            if r["ResourceType"] == kind
        }


def _reason(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [e for e in events if "FAILED" in e["ResourceStatus"]]
    # The events are sorted newest first. The earliest failure is the cause of the later ones.
    causes = [e for e in failed if "cancelled" not in e.get("ResourceStatusReason", "")]
    if not causes:
        return ""
    cause = causes[-1]
    return f"{cause['LogicalResourceId']}: {cause.get('ResourceStatusReason', 'failed')}"
