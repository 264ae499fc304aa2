"""Decides whether the roles of template.yaml allow a call, as IAM would.

Only the features that the template uses are supported: Allow statements, resources by logical ID,
and conditions on DynamoDB's leading keys and attributes and on SES's sender. Anything else raises.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from harness.moto_backend import APP_TOKENS, CHALLENGE_KEY, MAIL_FROM, MotoBackend
from harness.template import statements
from tests.support.calls import Call

Statement = dict[str, Any]
PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
PARAMETERS = {"MailFrom": MAIL_FROM}
SES = "ses"
CONNECTIONS = "execute-api"


@dataclass(frozen=True)
class Request:
    """One action on one resource that IAM decides on."""

    action: str
    resource: str
    """The logical ID, or the name of the service for a resource outside the template."""
    context: dict[str, frozenset[str]] = field(default_factory=dict, hash=False)
    """Condition keys with their values."""


def requests(call: Call, moto: MotoBackend) -> Iterator[Request]:
    """Yields the actions that IAM decides on for one call."""
    match call.service:
        case "dynamodb" if call.operation == "TransactWriteItems":
            for entry in call.params["TransactItems"]:
                ((kind, part),) = entry.items()
                yield _of_table(PARTS[kind], part)
        case "dynamodb":
            yield _of_table(call.operation, call.params)
        case "sqs":
            action = call.operation.removesuffix("Batch")
            yield Request(f"sqs:{action}", _queues(moto)[call.params["QueueUrl"]])
        case "secretsmanager":
            yield Request(
                f"secretsmanager:{call.operation}", _secrets(moto)[call.params["SecretId"]]
            )
        case "sesv2":
            sender = frozenset({call.params["FromEmailAddress"]})
            yield Request(f"ses:{call.operation}", SES, {"ses:FromAddress": sender})
        case _:
            # A service that is not supported here must not pass unchecked.
            raise NotImplementedError(call.service)


def allows(statement: Statement, request: Request) -> bool:
    """Whether one statement allows the request."""
    assert statement["Effect"] == "Allow"
    return (
        request.action in statement["Action"]
        and request.resource in resources_of(statement)
        and all(
            _holds(operator, key, wanted, request.context)
            for operator, conditions in statement.get("Condition", {}).items()
            for key, wanted in conditions.items()
        )
    )


def granting(function: str, request: Request) -> list[Statement]:
    """Returns the statements of a function's role that allow the request."""
    return [each for each in statements(function) if allows(each, request)]


def resources_of(statement: Statement) -> list[str]:
    """Returns the logical IDs of a statement's resources."""
    listed = statement["Resource"]
    return [_logical_id(each) for each in (listed if isinstance(listed, list) else [listed])]


def leading_keys(statement: Statement) -> list[str]:
    """Returns the patterns of partition keys that a statement is limited to."""
    patterns: list[str] = (
        statement.get("Condition", {})
        .get("ForAllValues:StringLike", {})
        .get("dynamodb:LeadingKeys", [])
    )
    return patterns


def _of_table(operation: str, params: dict[str, Any]) -> Request:
    names = params.get("ExpressionAttributeNames", {})
    projection = params.get("ProjectionExpression", "")
    context = {"dynamodb:LeadingKeys": frozenset({_partition(params)})}
    if operation in ("GetItem", "Query"):
        read = {names[each.strip()] for each in projection.split(",") if each}
        context["dynamodb:Attributes"] = frozenset(read | set(params.get("Key", ())))
        context["dynamodb:Select"] = frozenset(
            {"SPECIFIC_ATTRIBUTES" if projection else "ALL_ATTRIBUTES"}
        )
    if operation in ("UpdateItem", "ConditionCheckItem"):
        context["dynamodb:Attributes"] = frozenset(names.values()) | frozenset(params["Key"])
    index = params.get("IndexName")
    table: str = params["TableName"]
    return Request(f"dynamodb:{operation}", f"{table}/index/{index}" if index else table, context)


def _partition(params: dict[str, Any]) -> str:
    if "KeyConditionExpression" in params:
        name = params["KeyConditionExpression"].split(" = ")[0].removeprefix("#")
        partition: str = params["ExpressionAttributeValues"][f":{name}"]["S"]
        return partition
    key: str = (params.get("Key") or params["Item"])["pk"]["S"]
    return key


def _queues(moto: MotoBackend) -> dict[str, str]:
    settings = moto.backend.settings
    return {
        settings.mail_queue_url: "MailQueue",
        settings.delivery_queue_url: "DeliveryQueue",
        settings.delivery_dead_letters_url: "DeliveryDeadLetters",
        settings.check_queue_url: "CheckQueue",
    }


def _secrets(moto: MotoBackend) -> dict[str, str]:
    settings = moto.backend.settings
    return {
        settings.pepper_secret: "PepperSecret",
        settings.refresh_secret: "RefreshSecret",
        settings.signing_secret: "SigningSecret",
        APP_TOKENS: "TokenSecretArn",
        CHALLENGE_KEY: "ChallengeSecretArn",
    }


def _logical_id(resource: dict[str, Any]) -> str:
    match resource:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case {"Fn::Sub": str(text)} if text.startswith("${RealtimeTable.Arn}/index/"):
            return text.replace("${RealtimeTable.Arn}", "RealtimeTable")
        case {"Fn::Sub": str(text)} if f":{SES}:" in text:
            return SES
        case {"Fn::Sub": str(text)} if f":{CONNECTIONS}:" in text:
            return CONNECTIONS
    # An unknown form of resource, above all `*`, must not pass for a known one.
    raise NotImplementedError(resource)


def _holds(operator: str, key: str, wanted: Any, context: dict[str, frozenset[str]]) -> bool:
    patterns = [_text(each) for each in (wanted if isinstance(wanted, list) else [wanted])]
    values = context.get(key, frozenset())
    match operator:
        case "ForAllValues:StringLike":
            return all(any(fnmatchcase(value, each) for each in patterns) for value in values)
        case "ForAllValues:StringEquals":
            return values <= set(patterns)
        case "StringEquals":
            return bool(values) and values <= set(patterns)
    # An unknown condition must count neither as met nor as unmet.
    raise NotImplementedError(operator)


def _text(value: Any) -> str:
    return PARAMETERS[value["Ref"]] if isinstance(value, dict) else str(value)
