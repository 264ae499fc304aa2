"""Secrets as AWS Secrets Manager keeps them: text under an ARN."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gatehouse import aws

if TYPE_CHECKING:
    from gatehouse.aws_clients import SecretsManager


class Secrets:
    """Reads and writes secrets. Who may do it to which is decided by the roles of the template."""

    def __init__(self, client: "Callable[[], SecretsManager]" = aws.secrets_manager) -> None:
        self._client = client

    def read(self, arn: str) -> str:
        """Raises: ``Unavailable``; there is no default for a secret."""
        text: str = aws.call(self._client().get_secret_value, SecretId=arn)["SecretString"]
        return text

    def write(self, arn: str, text: str) -> None:
        """Raises: ``Unavailable``"""
        aws.call(self._client().put_secret_value, SecretId=arn, SecretString=text)
