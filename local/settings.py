"""Where the local stack finds and keeps things, and what the command line chose."""

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
"""Name of a file beside the data while a stack is created for the first time: a start that finds it
finds the data of one that was ended too early, and nothing in it."""

HOST = "127.0.0.1"
REGION = "eu-central-1"
ACCOUNT = "000000000000"
STACK = "gatehouse-local"
SOCKET_PATH = "/connection/websocket"


@dataclass(frozen=True)
class Options:
    """One start of the stack."""

    port: int
    aws_port: int
    state: Path
    watch: bool = True
    ready_file: Path | None = None
    until_eof: bool = False
    """End when standard input does: whoever started the stack is gone."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the template that differ from the usual ones."""

    @property
    def http_url(self) -> str:
        """The front door, as people and clients write it."""
        return f"http://localhost:{self.port}"

    @property
    def socket_url(self) -> str:
        """The WebSocket behind the front door."""
        return f"ws://localhost:{self.port}{SOCKET_PATH}"

    @property
    def aws_url(self) -> str:
        """The AWS APIs; a number, so that no resolver stands between functions and engine."""
        return f"http://{HOST}:{self.aws_port}"

    @property
    def page_url(self) -> str:
        """The page, as people see the service."""
        return f"{self.http_url}/app"

    @property
    def docs_url(self) -> str:
        """The documents of the HTTP API."""
        return f"{self.http_url}/docs"

    @property
    def mails_url(self) -> str:
        """Where every e-mail the stack has sent can be read."""
        return f"http://localhost:{self.aws_port}/_ministack/ses/messages"
