"""Mails of the local stack: from a registration, through outbox and queue, to SES."""

import secrets

import httpx
import pytest

from harness.local_stack import LocalStack

PASSWORD = "correct horse battery staple"


@pytest.fixture
def address() -> str:
    return f"user-{secrets.token_hex(8)}@example.com"


def register(stack: LocalStack, email: str, **others: str) -> int:
    body = {"email": email, "password": PASSWORD, **others}
    return httpx.post(f"{stack.http}/register", json=body, timeout=30).status_code


def test_welcome_arrives(stack: LocalStack, address: str) -> None:
    assert register(stack, address, name="Ada") == 201
    mail = stack.await_mail(address)
    assert mail["Subject"] == "Welcome to Gatehouse"
    assert "Hello there," in mail["BodyText"]
    assert stack.http in mail["BodyHtml"]


def test_welcome_arrives_once(stack: LocalStack, address: str) -> None:
    assert register(stack, address) == 201
    assert register(stack, address) == 409
    stack.await_mail(address)
    # This queue keeps its order: a mail of the refused registration would arrive first.
    later = f"later-{address}"
    assert register(stack, later) == 201
    stack.await_mail(later)
    assert len(stack.mails(address)) == 1


def test_markup_in_a_name_is_text(stack: LocalStack, address: str) -> None:
    register(stack, address, name="<b>Ada</b>")
    assert "<b>Ada" not in stack.await_mail(address)["BodyHtml"]


def test_nothing_waits_in_the_outbox_after_a_mail_was_queued(
    stack: LocalStack, address: str
) -> None:
    register(stack, address)
    stack.await_mail(address)
    outbox = stack.client("dynamodb").query(
        TableName=stack.tables["AccountsTable"],
        KeyConditionExpression="pk = :outbox",
        ExpressionAttributeValues={":outbox": {"S": "OUTBOX"}},
    )
    assert not [item for item in outbox["Items"] if address in item["body"]["S"]]
