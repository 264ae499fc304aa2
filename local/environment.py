"""Reduces the environment of this process to what the engine and the functions may see."""

import os
from pathlib import Path

from local.settings import ACCOUNT, HOST, REGION, Options

_KEPT = ("PATH", "TMPDIR", "NO_COLOR", "TERM", "HOME", "VIRTUAL_ENV")


def trim(options: Options) -> None:
    """Removes the developer's settings and secrets from the environment that workers inherit.

    Must be called before the engine is imported, because it reads its settings on import.
    """
    variables = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(variables)
    os.environ.update(_engine_settings(options.state, options.aws_port))
    os.environ.update(_aws_settings(options.aws_url))


def _engine_settings(state: Path, aws_port: int) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(aws_port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "engine"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        # Without Docker: the engine removes containers that it takes for its own leftovers.
        "DOCKER_HOST": "unix:///nonexistent.sock",
        "NO_PROXY": f"localhost,{HOST}",
    }


def _aws_settings(aws_url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
