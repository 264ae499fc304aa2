"""Forces concurrent calls to AWS into the order in which a race would be lost.

Every contender stops before its first call that matters until all the others have reached theirs,
so all have read before any of them writes. Calls run one at a time, as DynamoDB isolates them.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from gatehouse.backend.root import Backend
from tests.support.length import LONG

T = TypeVar("T")
Matters = Callable[[str, dict[str, Any]], bool]

CONTENDERS = 16
ROUNDS = 40 if LONG else 5
"""Rounds of each race. Every round forces the order in which the race would be lost, so more
rounds only vary which contender wins."""
PATIENCE = 300
"""Seconds after which a contender that never arrives fails the test."""


def operation(*names: str) -> Matters:
    """Returns a test that is true for calls of these operations."""
    return lambda name, _: name in names


@dataclass
class Course:
    """Holds contenders at a line until all have reached it."""

    matters: Matters
    _barrier: threading.Barrier | None = None

    def __post_init__(self) -> None:
        self._one = threading.Lock()
        self._here = threading.local()

    def backend(self, backend: Backend) -> Backend:
        """Returns a backend whose calls wait at the line."""
        return replace(
            backend,
            dynamodb=lambda: _Client(self, backend.dynamodb()),
            sqs=lambda: _Client(self, backend.sqs()),
        )

    def race(self, contenders: list[Callable[[], T]]) -> list[T]:
        """Runs all contenders at the same time. Returns their results in order."""
        self._barrier = threading.Barrier(len(contenders))

        def run(contender: Callable[[], T]) -> T:
            self._here.waited = False
            try:
                return contender()
            finally:
                if not self._here.waited and self._barrier:
                    # A contender ended before it reached the line, so there was no race.
                    self._barrier.abort()

        with ThreadPoolExecutor(len(contenders)) as pool:
            answers = list(pool.map(run, contenders))
        self._barrier = None
        return answers

    def carry(self, name: str, send: Callable[..., Any], request: dict[str, Any]) -> Any:
        barrier = self._barrier
        if barrier and not getattr(self._here, "waited", True) and self.matters(name, request):
            self._here.waited = True
            barrier.wait(PATIENCE)
        with self._one:
            return send(**request)


class _Client:
    """A botocore client whose calls wait at the line."""

    def __init__(self, course: Course, client: Any) -> None:
        self._course = course
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        return lambda **request: self._course.carry(name, method, request)
