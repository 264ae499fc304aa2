"""Paths and names of the local stack, and the options from its command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "template.yaml"
FUNCTIONS = ROOT / "functions"
AUTH_LAYER = ROOT / "layers" / "auth"
RUNTIME_REQUIREMENTS = ROOT / "layers" / "dependencies" / "requirements.txt"
BUILD = ROOT / "build" / "local"
DEFAULT_STATE = ROOT / ".local"

UNFINISHED = "first-deployment"
"""Name of a file that exists in the state folder while a stack is created for the first time.

A start that finds it may delete the data: the first deployment was interrupted, so no user has
stored anything yet."""

HOST = "127.0.0.1"
REGION = "eu-central-1"
ACCOUNT = "000000000000"
STACK = "gatehouse-local"
SOCKET_PATH = "/connection/websocket"


@dataclass(frozen=True)
class Options:
    """The options for one run of the stack."""

    port: int
    aws_port: int
    state: Path
    watch: bool = True
    ready_file: Path | None = None
    until_eof: bool = False
    """Whether to stop when standard input closes, which happens when the parent process ends."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Template parameters that override those of the local deployment."""

    @property
    def http_url(self) -> str:
        """The URL of the front door, for people and clients."""
        return f"http://localhost:{self.port}"

    @property
    def socket_url(self) -> str:
        """The URL of the WebSocket behind the front door."""
        return f"ws://localhost:{self.port}{SOCKET_PATH}"

    @property
    def aws_url(self) -> str:
        """The URL of the AWS APIs, with an IP address so that functions need no name resolution."""
        return f"http://{HOST}:{self.aws_port}"

    @property
    def page_url(self) -> str:
        """The URL of the page."""
        return f"{self.http_url}/app"

    @property
    def docs_url(self) -> str:
        """The URL of the HTTP API's documentation."""
        return f"{self.http_url}/docs"

    @property
    def mails_url(self) -> str:
        """The URL of the list of all emails that the stack has sent."""
        return f"http://localhost:{self.aws_port}/_ministack/ses/messages"
