"""The permissions that template.yaml grants. test_grants.py compares them with the code."""

from typing import Any

import pytest

from gatehouse.stores.users import User
from harness.template import functions, resources, statements, template
from tests.support.grants import leading_keys, resources_of

WILD = {"ses": "identity/*", "execute-api": "/@connections/*"}
"""The only resources with a wildcard: SES names the sender in a condition, and connections open and
close all the time."""

every_function = pytest.mark.parametrize("name", sorted(functions()))


def actions_on(name: str, resource: str) -> set[str]:
    return {
        action
        for statement in statements(name)
        if resource in resources_of(statement)
        for action in statement["Action"]
    }


def may(action: str, resource: str) -> set[str]:
    """Returns the functions that may perform an action on a resource."""
    return {name for name in functions() if action in actions_on(name, resource)}


def accounts_statements(name: str) -> list[dict[str, Any]]:
    return [each for each in statements(name) if "AccountsTable" in resources_of(each)]


@every_function
def test_role_names_its_actions(name: str) -> None:
    for statement in statements(name):
        assert statement["Effect"] == "Allow"
        assert "*" not in str(statement["Action"])
        assert isinstance(statement["Action"], list)


@every_function
def test_role_names_its_resources(name: str) -> None:
    for statement in statements(name):
        for resource in resources_of(statement):
            if "*" in str(statement["Resource"]):
                assert str(statement["Resource"]).rstrip("'}").endswith(WILD[resource])


@every_function
def test_role_has_no_managed_policy_and_no_template_of_one(name: str) -> None:
    for policy in functions()[name].get("Policies", []):
        assert set(policy) == {"Version", "Statement"}
    assert "Role" not in functions()[name]


@every_function
def test_nobody_scans_or_administers(name: str) -> None:
    allowed = {action for statement in statements(name) for action in statement["Action"]}
    known = {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:Query",
        "dynamodb:ConditionCheckItem",
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "ses:SendEmail",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "execute-api:ManageConnections",
    }
    assert allowed <= known


@every_function
def test_every_grant_on_accounts_is_limited_to_some_keys(name: str) -> None:
    for statement in accounts_statements(name):
        assert leading_keys(statement)
        assert not {"*", "#*"} & set(leading_keys(statement))


# Passwords, keys and secrets.


def reading_users() -> set[str]:
    return {
        name
        for name in functions()
        for statement in accounts_statements(name)
        if "USER#*" in leading_keys(statement) and "dynamodb:GetItem" in statement["Action"]
    }


def test_these_functions_read_users() -> None:
    assert reading_users() == {
        "register",
        "login",
        "sessions",
        "passwords",
        "emails",
        "profile",
        "realtime",
        "maintenance",
    }


def test_socket_reads_single_attributes_of_accounts() -> None:
    (statement,) = accounts_statements("realtime")
    assert statement["Action"] == ["dynamodb:GetItem"]
    assert statement["Condition"]["StringEquals"] == {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}


def test_socket_never_reads_a_hash_or_an_address() -> None:
    (statement,) = accounts_statements("realtime")
    attributes = set(statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"])
    private = {"password_hash", "email", "name", "address", "user_agent", "body"}
    assert "password_hash" in User.__dataclass_fields__
    assert not attributes & private


def test_these_functions_read_the_signing_secret() -> None:
    assert may("secretsmanager:GetSecretValue", "SigningSecret") == {
        "login",
        "sessions",
        "rotation",
    }


def test_only_rotation_writes_the_signing_secret() -> None:
    assert may("secretsmanager:PutSecretValue", "SigningSecret") == {"rotation"}


@pytest.mark.parametrize("secret", ["PepperSecret", "RefreshSecret"])
def test_nobody_writes_the_other_secrets(secret: str) -> None:
    assert may("secretsmanager:PutSecretValue", secret) == set()


def test_peppers_are_read_where_passwords_are_hashed() -> None:
    assert may("secretsmanager:GetSecretValue", "PepperSecret") == {
        "register",
        "login",
        "passwords",
        "emails",
    }


def test_refresh_keys_are_read_where_sessions_begin_and_go_on() -> None:
    assert may("secretsmanager:GetSecretValue", "RefreshSecret") == {"login", "sessions"}


def test_only_rotation_writes_the_published_keys() -> None:
    writers = {
        name
        for name in functions()
        for statement in accounts_statements(name)
        if "KEYRING" in leading_keys(statement) and statement["Action"] != ["dynamodb:GetItem"]
    }
    assert writers == {"rotation"}


def deleting(key: str) -> set[str]:
    """Returns the functions that may delete items of the accounts table under a pattern of keys."""
    return {
        name
        for name in functions()
        for statement in accounts_statements(name)
        if "dynamodb:DeleteItem" in statement["Action"] and key in leading_keys(statement)
    }


def test_items_of_users_are_deleted_by_removals_changes_of_address_and_ends_of_sessions() -> None:
    assert deleting("USER#*") == {"passwords", "emails", "maintenance", "sessions", "login"}


def test_orders_to_end_sessions_are_given_and_carried_out_by_those_who_end_them() -> None:
    assert deleting("SWEEPS") == {"passwords", "sessions", "maintenance"}


def test_guards_of_addresses_are_deleted_by_those_who_free_them() -> None:
    assert deleting("EMAIL#*") == {"register", "passwords", "emails", "maintenance"}


def test_public_functions_have_no_secret() -> None:
    for name in ("wellknown", "profile", "mailer", "maintenance", "delivery"):
        assert "secretsmanager" not in str(statements(name))


def test_socket_has_no_secret_but_the_app_s() -> None:
    secrets = {*resources("AWS::SecretsManager::Secret"), "TokenSecretArn"}
    assert {name for name in secrets if actions_on("realtime", name)} == {"TokenSecretArn"}


# Emails and connections.


def test_only_the_mailer_sends_mails_and_only_from_the_sender() -> None:
    assert may("ses:SendEmail", "ses") == {"mailer"}
    (statement,) = (each for each in statements("mailer") if "ses:SendEmail" in each["Action"])
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}


def test_mails_are_queued_by_those_who_cause_them_and_by_maintenance() -> None:
    assert may("sqs:SendMessage", "MailQueue") == {
        "register",
        "login",
        "sessions",
        "passwords",
        "emails",
        "maintenance",
    }


def test_key_at_a_provider_of_challenges_is_read_where_mails_are_requested() -> None:
    readers = {"register", "passwords", "emails"}
    assert may("secretsmanager:GetSecretValue", "ChallengeSecretArn") == readers


def test_wakes_are_sent_by_publishers_and_by_maintenance() -> None:
    assert may("sqs:SendMessage", "DeliveryQueue") == {"realtime", "maintenance"}


def test_later_looks_are_asked_for_by_those_who_close_connections() -> None:
    assert may("sqs:SendMessage", "CheckQueue") == CLOSING


def test_tokens_of_an_app_are_checked_by_the_socket_alone() -> None:
    assert may("secretsmanager:GetSecretValue", "TokenSecretArn") == {"realtime"}


CLOSING = {"sessions", "passwords", "realtime", "delivery", "maintenance"}
"""The functions that close connections. Those that end sessions close their connections too."""


def test_connections_are_managed_by_those_who_close_them() -> None:
    assert may("execute-api:ManageConnections", "execute-api") == CLOSING


def test_realtime_table_is_left_to_those_who_close_connections() -> None:
    using = {name for name in functions() if actions_on(name, "RealtimeTable")}
    assert using - {"profile"} == CLOSING


def test_export_reads_the_logs_of_channels_and_nothing_else_of_the_realtime_table() -> None:
    (statement,) = (
        each for each in statements("profile") if "RealtimeTable" in str(each["Resource"])
    )
    assert statement["Action"] == ["dynamodb:Query"]
    assert leading_keys(statement) == ["LOG#*"]


@pytest.mark.parametrize("name", ["sessions", "passwords"])
def test_who_only_closes_connections_opens_none(name: str) -> None:
    assert "dynamodb:PutItem" not in actions_on(name, "RealtimeTable")


@every_function
def test_function_knows_the_names_of_what_it_may_use_only(name: str) -> None:
    environment = str(functions()[name].get("Environment"))
    for secret in resources("AWS::SecretsManager::Secret"):
        assert (f"'{secret}'" in environment) == bool(actions_on(name, secret))
    for table in resources("AWS::DynamoDB::Table"):
        assert (f"'{table}'" in environment) == bool(actions_on(name, table))


def test_template_makes_no_role_of_its_own() -> None:
    kinds = {resource["Type"] for resource in template()["Resources"].values()}
    assert not {kind for kind in kinds if kind.startswith("AWS::IAM::")}
