"""Secrets as AWS Secrets Manager stores them: text under an ARN."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gatehouse import aws

if TYPE_CHECKING:
    from gatehouse.aws_clients import SecretsManager


class Secrets:
    """Reads and writes secrets. The roles in the template decide which function may do what."""

    def __init__(self, client: "Callable[[], SecretsManager]" = aws.secrets_manager) -> None:
        self._client = client

    def read(self, arn: str) -> str:
        """Returns a secret's text. Raises: ``Unavailable``, because secrets have no defaults."""
        text: str = aws.call(self._client().get_secret_value, SecretId=arn)["SecretString"]
        return text

    def write(self, arn: str, text: str) -> None:
        """Replaces a secret's text. Raises: ``Unavailable``"""
        aws.call(self._client().put_secret_value, SecretId=arn, SecretString=text)
