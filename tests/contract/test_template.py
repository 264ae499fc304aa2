"""template.yaml: what every function, API, queue and table must have."""

import re
from dataclasses import fields
from typing import Any, get_args

import pytest

from gatehouse.flows.accounts.admit_mail import USED_UP
from gatehouse.settings import ChallengeMode, ChallengeProvider, Settings
from gatehouse.stores.connections import BY_SLOT
from gatehouse.stores.mails import CLAIM_LIFE
from harness.template import ROOT, functions, resources, template

GATEWAY_LIMIT = 29
"""Seconds after which API Gateway gives up."""

DELIVERIES, BROADCASTS = 7_000, 1_000
"""@connections calls per second of the deliveries, and of broadcasts, whose messages may be lost.
An account has 10,000 requests per second in all."""

QUOTA = 50_000
"""Mails that a new account of Amazon SES may send in a day, once it has left the sandbox."""

ALL_ATTEMPTS = 12
"""Seconds that all attempts of one AWS call can take."""

SETTINGS = {field.name for field in fields(Settings)}
READ_BY_LIBRARIES = {"PYDANTIC_DISABLE_PLUGINS"}
ARNS_OF_SECRETS = ("TokenSecretArn", "ChallengeSecretArn")
"""Parameters that name a secret of the operator's."""

OWN_DEFAULTS = {"audience", "client_id", "password_hash_cost"}
"""Settings that no parameter of the template changes."""

every_function = pytest.mark.parametrize("name", sorted(functions()))
every_table = pytest.mark.parametrize("name", sorted(resources("AWS::DynamoDB::Table")))
every_secret = pytest.mark.parametrize("name", sorted(resources("AWS::SecretsManager::Secret")))


def of(name: str, key: str, default: Any = None) -> Any:
    """Returns a property of a function, or else the global one."""
    return functions()[name].get(key, template()["Globals"]["Function"].get(key, default))


def variables(name: str) -> dict[str, Any]:
    shared: dict[str, Any] = template()["Globals"]["Function"]["Environment"]["Variables"]
    return {**shared, **functions()[name].get("Environment", {}).get("Variables", {})}


def retained(resource: dict[str, Any]) -> bool:
    return {resource["DeletionPolicy"], resource["UpdateReplacePolicy"]} == {"Retain"}


def default_of(reference: dict[str, str]) -> int:
    """Returns the default of the parameter that a value refers to."""
    default: int = template()["Parameters"][reference["Ref"]]["Default"]
    return default


def is_behind_the_gateway(name: str) -> bool:
    kinds = {event["Type"] for event in functions()[name].get("Events", {}).values()}
    return "HttpApi" in kinds or name == "realtime"


# Parameters and settings.


def test_parameters_are_these() -> None:
    assert list(template()["Parameters"]) == [
        "Stage",
        "PublicUrl",
        "AllowedOrigins",
        "MailFrom",
        "RequireVerifiedEmail",
        "MinPasswordLength",
        "ApiDocs",
        "MailBudget",
        "Challenge",
        "ChallengeProvider",
        "ChallengeSiteKey",
        "ChallengeSecretArn",
        "TokenSecretArn",
        "HttpRate",
        "FileRate",
        "SocketRate",
        "SnapStart",
        "LogLevel",
    ]


def test_deploy_guide_lists_every_parameter_with_its_default() -> None:
    guide = (ROOT / "docs/guides/deploy.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", guide, re.MULTILINE))
    shown = {
        name: str(each.get("Default", "none")) or "empty"
        for name, each in template()["Parameters"].items()
    }
    assert {name: default.strip("`") for name, default in listed.items()} == shown


def test_every_parameter_is_explained() -> None:
    assert all(parameter["Description"] for parameter in template()["Parameters"].values())


def test_no_parameter_is_a_secret() -> None:
    # The ARN of a secret is not secret.
    for name in ARNS_OF_SECRETS:
        assert "secretsmanager" in template()["Parameters"][name]["AllowedPattern"]
    parameters = {k: v for k, v in template()["Parameters"].items() if k not in ARNS_OF_SECRETS}
    text = str(parameters).lower().replace("challengesecretarn", "")
    assert not [word for word in ("secret", "pepper", "noecho", "private") if word in text]


@every_function
def test_every_variable_is_a_setting(name: str) -> None:
    ours = set(variables(name)) - READ_BY_LIBRARIES
    assert {variable.lower() for variable in ours} <= SETTINGS


def test_every_setting_is_a_variable_somewhere() -> None:
    names = {variable.lower() for name in functions() for variable in variables(name)}
    assert SETTINGS - names == OWN_DEFAULTS


@every_function
def test_variables_hold_no_secret_but_its_arn(name: str) -> None:
    for variable, value in variables(name).items():
        if variable.endswith("_SECRET"):
            named = [*resources("AWS::SecretsManager::Secret"), *ARNS_OF_SECRETS]
            assert value in [{"Ref": each} for each in named]
        assert "resolve:secretsmanager" not in str(value)


def test_least_length_of_passwords_is_the_default_of_the_code() -> None:
    assert (
        template()["Parameters"]["MinPasswordLength"]["Default"] == Settings().min_password_length
    )


def test_challenges_and_budget_are_the_defaults_of_the_code() -> None:
    parameters = template()["Parameters"]
    names = ("MailBudget", "Challenge", "ChallengeProvider")
    settings = Settings()
    ours = (settings.mail_budget, settings.challenge, settings.challenge_provider)
    assert tuple(parameters[name]["Default"] for name in names) == ours


def test_choices_of_challenges_are_those_of_the_code() -> None:
    parameters = template()["Parameters"]
    assert parameters["Challenge"]["AllowedValues"] == list(get_args(ChallengeMode))
    assert parameters["ChallengeProvider"]["AllowedValues"] == list(get_args(ChallengeProvider))


def test_whole_mail_budget_leaves_half_of_the_quota_to_notices() -> None:
    per_day = 4 * 24 * template()["Parameters"]["MailBudget"]["Default"]
    assert per_day <= QUOTA / 2


# Functions.


@every_function
def test_function_keeps_its_logs_for_a_while(name: str) -> None:
    group = of(name, "LoggingConfig")["LogGroup"]["Ref"]
    assert resources("AWS::Logs::LogGroup")[group]["RetentionInDays"] == 30


@every_function
def test_functions_share_one_log_group(name: str) -> None:
    assert of(name, "LoggingConfig")["LogGroup"] == {"Ref": "FunctionsLogGroup"}


def test_every_log_group_is_cleaned() -> None:
    assert all("RetentionInDays" in group for group in resources("AWS::Logs::LogGroup").values())


def test_functions_log_json() -> None:
    assert template()["Globals"]["Function"]["LoggingConfig"]["LogFormat"] == "JSON"


@every_function
def test_function_outlives_the_attempts_of_an_aws_call(name: str) -> None:
    assert of(name, "Timeout") > ALL_ATTEMPTS


@every_function
def test_function_behind_the_gateway_ends_before_it(name: str) -> None:
    if is_behind_the_gateway(name):
        assert of(name, "Timeout") < GATEWAY_LIMIT


@pytest.mark.parametrize("name", ["register", "login", "passwords", "emails"])
def test_function_that_hashes_passwords_has_a_whole_cpu(name: str) -> None:
    assert of(name, "MemorySize") == 1769


@every_function
def test_function_has_both_layers(name: str) -> None:
    assert of(name, "Layers") == [{"Ref": "DependenciesLayer"}, {"Ref": "AuthLayer"}]


@every_function
def test_function_has_one_name_everywhere(name: str) -> None:
    logical = f"{name.capitalize()}Function"
    properties = resources("AWS::Serverless::Function")[logical]
    assert properties["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}
    assert properties["CodeUri"] == f"functions/{name}"


def test_maintenance_ends_before_its_next_tick() -> None:
    tick = functions()["maintenance"]["Events"]["Tick"]
    assert tick["Properties"]["Schedule"] == "rate(1 minute)"
    assert of("maintenance", "Timeout") < 60


def test_key_ring_is_made_at_the_deployment() -> None:
    (ring,) = resources("AWS::CloudFormation::CustomResource").values()
    assert ring["ServiceToken"] == {"Fn::GetAtt": ["RotationFunction", "Arn"]}
    assert ring["ServiceTimeout"] <= of("rotation", "Timeout")


def test_snapshots_are_made_when_the_operator_wants_them() -> None:
    shared = template()["Globals"]["Function"]
    assert template()["Parameters"]["SnapStart"]["Default"] == "off"
    assert shared["SnapStart"] == {
        "ApplyOn": {"Fn::If": ["HasSnapStart", "PublishedVersions", "None"]}
    }


def test_new_layers_make_a_new_version() -> None:
    shared = template()["Globals"]["Function"]
    assert shared["AutoPublishAlias"] == "live"
    assert shared["AutoPublishAliasAllProperties"] is True


def test_socket_calls_the_version_that_is_live() -> None:
    (door,) = resources("AWS::Serverless::WebSocketApi").values()
    targets = [route["FunctionArn"] for route in door["Routes"].values()]
    assert targets == [{"Ref": "RealtimeFunction.Alias"}] * 3


# APIs.


@pytest.mark.parametrize("kind", ["AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi"])
def test_door_throttles_and_logs(kind: str) -> None:
    (door,) = resources(kind).values()
    settings = door["DefaultRouteSettings"]
    assert 0 < default_of(settings["ThrottlingRateLimit"]) <= settings["ThrottlingBurstLimit"]
    group = door["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0]
    assert group in resources("AWS::Logs::LogGroup")


def test_routes_of_files_have_a_low_throttle_of_their_own() -> None:
    """Their bytes go to anyone who asks. The settings of the page are a small answer."""
    (door,) = resources("AWS::Serverless::HttpApi").values()
    events = functions()["pages"]["Events"].values()
    paths = (event["Properties"] for event in events)
    files = {f"{each['Method']} {each['Path']}" for each in paths}
    assert set(door["RouteSettings"]) == {each for each in files if "config.json" not in each}
    for settings in door["RouteSettings"].values():
        assert default_of(settings["ThrottlingRateLimit"]) <= 20
        assert settings["ThrottlingBurstLimit"] <= 200


@pytest.mark.parametrize("kind", ["AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi"])
def test_access_log_holds_no_query_and_no_token(kind: str) -> None:
    (door,) = resources(kind).values()
    text = door["AccessLogSettings"]["Format"].lower()
    for private in ("querystring", "authorizer", "header", "$context.path", "body"):
        assert private not in text


def test_frames_are_not_logged() -> None:
    (door,) = resources("AWS::Serverless::WebSocketApi").values()
    assert door["DefaultRouteSettings"]["DataTraceEnabled"] is False


def test_origins_are_exactly_those_of_the_operator() -> None:
    (door,) = resources("AWS::Serverless::HttpApi").values()
    cors = door["CorsConfiguration"]
    assert cors["AllowOrigins"] == {"Ref": "AllowedOrigins"}
    assert "Default" not in template()["Parameters"]["AllowedOrigins"]
    assert "*" not in str(cors)


def test_second_address_is_closed_where_there_is_a_public_one() -> None:
    (door,) = resources("AWS::Serverless::HttpApi").values()
    assert door["DisableExecuteApiEndpoint"] == {"Fn::If": ["HasPublicUrl", True, False]}


# Queues.


def consumers() -> dict[str, str]:
    """Returns the function that reads each queue, by queue."""
    return {
        event["Properties"]["Queue"]["Fn::GetAtt"][0]: name
        for name in functions()
        for event in functions()[name].get("Events", {}).values()
        if event["Type"] == "SQS"
    }


def dead_letters() -> dict[str, str]:
    """Returns the dead-letter queue of each queue, by queue."""
    return {
        name: queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for name, queue in resources("AWS::SQS::Queue").items()
        if "RedrivePolicy" in queue
    }


every_queue = pytest.mark.parametrize("name", ["MailQueue", "DeliveryQueue", "CheckQueue"])


def test_queues_are_these() -> None:
    assert set(consumers()) == set(dead_letters()) == {"MailQueue", "DeliveryQueue", "CheckQueue"}
    assert {*consumers(), *dead_letters().values()} == set(resources("AWS::SQS::Queue"))


@every_queue
def test_message_stays_hidden_for_six_times_its_function(name: str) -> None:
    queue = resources("AWS::SQS::Queue")[name]
    assert queue["VisibilityTimeout"] >= 6 * of(consumers()[name], "Timeout")


def test_wakes_are_in_order_and_wait_for_no_other_channel() -> None:
    wakes = resources("AWS::SQS::Queue")["DeliveryQueue"]
    assert wakes["FifoQueue"] is True
    assert wakes["DeduplicationScope"] == "messageGroup"
    assert wakes["FifoThroughputLimit"] == "perMessageGroupId"
    assert resources("AWS::SQS::Queue")["DeliveryDeadLetters"]["FifoQueue"] is True


def test_deliveries_leave_requests_to_the_others() -> None:
    scaling = functions()["delivery"]["Events"]["Wakes"]["Properties"]["ScalingConfig"]
    each = int(variables("delivery")["POSTS_PER_SECOND"])
    assert 0 < scaling["MaximumConcurrency"] * each <= DELIVERIES
    assert 0 < int(variables("realtime")["BROADCAST_BUDGET"]) <= BROADCASTS


def test_longest_wait_of_a_shard_is_the_one_that_is_documented() -> None:
    seconds = resources("AWS::SQS::Queue")["DeliveryQueue"]["VisibilityTimeout"]
    text = (ROOT / "docs" / "realtime.md").read_text(encoding="utf-8")
    assert f"its shard waits up to {seconds} s" in text


def test_claim_of_a_mail_ends_before_its_message_comes_again() -> None:
    queue = resources("AWS::SQS::Queue")["MailQueue"]
    assert of("mailer", "Timeout") < CLAIM_LIFE < queue["VisibilityTimeout"]


@every_queue
def test_poison_goes_to_the_dead_letters(name: str) -> None:
    queues, dead = resources("AWS::SQS::Queue"), dead_letters()[name]
    assert queues[name]["RedrivePolicy"]["maxReceiveCount"] >= 3
    assert queues[dead]["MessageRetentionPeriod"] == 14 * 86_400
    assert retained(template()["Resources"][dead])


def test_queues_are_encrypted() -> None:
    assert all(queue["SqsManagedSseEnabled"] for queue in resources("AWS::SQS::Queue").values())


def test_dead_letters_raise_an_alarm() -> None:
    watched = [
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"]
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "AWS/SQS"
    ]
    assert sorted(watched) == [[name, "QueueName"] for name in sorted(dead_letters().values())]


def test_failures_of_a_door_and_throttles_raise_an_alarm() -> None:
    watched = {
        (str(alarm["Namespace"]), alarm["MetricName"], str(alarm.get("Dimensions", "")))
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] != "AWS/SQS"
    }
    assert watched == {
        ("AWS/ApiGateway", "5xx", "[{'Name': 'ApiId', 'Value': {'Ref': 'HttpApi'}}]"),
        ("AWS/ApiGateway", "ExecutionError", "[{'Name': 'ApiId', 'Value': {'Ref': 'SocketApi'}}]"),
        ("AWS/Lambda", "Throttles", ""),
        ("{'Ref': 'AWS::StackName'}", "MailBudgetUsedUp", ""),
    }


def test_log_line_of_a_mail_budget_raises_an_alarm() -> None:
    (counted,) = resources("AWS::Logs::MetricFilter").values()
    assert counted["FilterPattern"] == f'{{ $.message = "{USED_UP}" }}'
    assert counted["LogGroupName"] == {"Ref": "FunctionsLogGroup"}
    (metric,) = counted["MetricTransformations"]
    alarm = resources("AWS::CloudWatch::Alarm")["MailBudgetAlarm"]
    assert metric["MetricNamespace"] == alarm["Namespace"]
    assert metric["MetricName"] == alarm["MetricName"]
    for advice in ("MailBudget", "Challenge", "ChallengeProvider"):
        assert advice in alarm["AlarmDescription"]


def test_queues_report_their_failures_record_by_record() -> None:
    for name in functions():
        for event in functions()[name].get("Events", {}).values():
            if event["Type"] == "SQS":
                properties = event["Properties"]
                assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


# Tables and secrets.


@every_table
def test_table_survives_mistakes(name: str) -> None:
    table = resources("AWS::DynamoDB::Table")[name]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert retained(template()["Resources"][name])


@every_table
def test_table_is_cleaned_by_its_ttl(name: str) -> None:
    table = resources("AWS::DynamoDB::Table")[name]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_index_of_the_code_is_that_of_the_template() -> None:
    table = resources("AWS::DynamoDB::Table")["RealtimeTable"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == [BY_SLOT]


@every_secret
def test_secret_survives_the_stack_and_is_made_there(name: str) -> None:
    secret = resources("AWS::SecretsManager::Secret")[name]
    assert retained(template()["Resources"][name])
    assert secret["GenerateSecretString"]["PasswordLength"] >= 32
    assert "SecretString" not in secret
