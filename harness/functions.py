"""The Lambda functions of functions/, on the backend of a test."""

import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from gatehouse.backend.root import Backend

ROOT = Path(__file__).parents[1]
CONTEXT = object()
"""A placeholder for Lambda's context, which no handler of ours reads."""


@dataclass(frozen=True)
class Answer:
    """The answer of an HTTP route."""

    status: int
    headers: Mapping[str, str]
    """Names are in lower case."""
    text: str
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem document or of an OAuth error (RFC 6749). Empty for a success."""
        if self.status < 400:
            return ""
        document = self.json
        return str(document["code"] if "code" in document else document["error"])


def answer_of(raw: dict[str, Any]) -> Answer:
    """Returns what a handler answered to API Gateway. A body in Base64 is left as it is."""
    headers = {name.lower(): value for name, value in raw["headers"].items()}
    return Answer(raw["statusCode"], headers, raw["body"] or "", tuple(raw.get("cookies", ())))


def load_app(name: str, backend: Backend) -> ModuleType:
    """Loads functions/<name>/app.py with `backend` instead of the one of its process."""
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"app_of_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if hasattr(module, "api"):
        module.api._backend = lambda _: backend
    if hasattr(module, "production"):
        vars(module)["production"] = lambda: backend
    return module


def serve(name: str, backend: Backend) -> Callable[[dict[str, Any]], Answer]:
    """Returns a callable that sends an event to a function's HTTP routes and returns the answer."""
    handler = load_app(name, backend).handler

    def call(event: dict[str, Any]) -> Answer:
        raw = handler(event, CONTEXT)
        assert not raw["isBase64Encoded"]
        return answer_of(raw)

    return call
