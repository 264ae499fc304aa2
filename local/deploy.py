"""Brings the stack in the engine to what template.yaml and the folders say now."""

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
    """The stack did not reach the template's state; the message says which resource and why."""


@dataclass(frozen=True)
class Deployed:
    """What a deployment left in the engine."""

    functions: tuple[str, ...]
    addresses: Addresses
    outputs: dict[str, str]
    tables: dict[str, str]


class Deployer:
    """Deploys one template to the engine at `options.aws_url`, as often as asked."""

    def __init__(self, options: Options, build: Build, known_types: frozenset[str]) -> None:
        self._options = options
        self._build = build
        self._known = known_types

    def client(self, service: str) -> Any:
        """A boto3 client that talks to the engine."""
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
        return boto3.client(service, config=config)  # type: ignore[call-overload]

    def deploy(self) -> Deployed:
        """Create or update the stack; whatever has not changed stays as it is."""
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
        """Give one function the code that is in its folder now."""
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
        """Where the content of a layer lies on this machine."""
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
        """Where the template lies: as the body of a request it may have 51,200 bytes at most."""
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
                message += ": an earlier start was ended in the middle. Clear its data: make reset"
            raise DeployFailed(message) from error
        self._await(cloudformation, "stack_update_complete")

    def _await(self, cloudformation: Any, waiter: str) -> None:
        try:
            patience = {"Delay": 0.1, "MaxAttempts": 1200}
            cloudformation.get_waiter(waiter).wait(StackName=STACK, WaiterConfig=patience)
        except WaiterError as error:
            raise DeployFailed(_reason(cloudformation) or str(error)) from error

    def _apply_what_was_ignored(self, plain: transform.Template) -> None:
        """Expiry of items, left out by the engine, and the sender, verified by hand on AWS."""
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
    # Newest first: the first failure is the cause, those after it its consequences.
    causes = [e for e in failed if "cancelled" not in e.get("ResourceStatusReason", "")]
    if not causes:
        return ""
    cause = causes[-1]
    return f"{cause['LogicalResourceId']}: {cause.get('ResourceStatusReason', 'failed')}"
