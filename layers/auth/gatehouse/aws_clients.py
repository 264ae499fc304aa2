"""The AWS operations that Gatehouse uses, with the names and parameters of boto3's clients.

Gatehouse's own clients (``json_client.py``) implement them, and so do boto3's and those of the
tests. Imported for types only.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Operation = Callable[..., Mapping[str, Any]]
"""Takes the parameters of a request by name and returns the response."""


class DynamoDB(Protocol):
    @property
    def get_item(self) -> Operation: ...
    @property
    def put_item(self) -> Operation: ...
    @property
    def update_item(self) -> Operation: ...
    @property
    def delete_item(self) -> Operation: ...
    @property
    def query(self) -> Operation: ...
    @property
    def transact_write_items(self) -> Operation: ...


class SQS(Protocol):
    @property
    def send_message(self) -> Operation: ...
    @property
    def send_message_batch(self) -> Operation: ...
    @property
    def receive_message(self) -> Operation: ...
    @property
    def delete_message(self) -> Operation: ...
    @property
    def change_message_visibility(self) -> Operation: ...


class SecretsManager(Protocol):
    @property
    def get_secret_value(self) -> Operation: ...
    @property
    def put_secret_value(self) -> Operation: ...


class SES(Protocol):
    @property
    def send_email(self) -> Operation: ...


class Connections(Protocol):
    @property
    def post_to_connection(self) -> Operation: ...
    @property
    def delete_connection(self) -> Operation: ...
