"""The Lambda functions of functions/, served by the backend of a test."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from gatehouse.backend.root import Backend

ROOT = Path(__file__).parents[1]
CONTEXT = object()
"""No handler of ours looks at Lambda's context."""


@dataclass(frozen=True)
class Answer:
    """The answer of an HTTP route."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem document."""
        code: str = self.json["code"]
        return code


def load_app(name: str, backend: Backend) -> ModuleType:
    """functions/<name>/app.py, with a backend in the place of that of its process."""
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
    """A function's HTTP routes: an event in, its answer out."""
    handler = load_app(name, backend).handler

    def call(event: dict[str, Any]) -> Answer:
        raw = handler(event, CONTEXT)
        assert not raw["isBase64Encoded"]
        headers = {key.lower(): value for key, value in raw["headers"].items()}
        return Answer(raw["statusCode"], headers, raw["body"])

    return call
