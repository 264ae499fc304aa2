"""Fails a chosen AWS call: before its effect, after it, or by killing the process.

The wire is between the backend and the botocore clients, so a fault is one that remains after
botocore's own retries. ``REPEATED`` covers the effect of such a retry: it sends a request a second
time, as botocore does when an answer is lost. Simulated AWS never has two transactions at once, so
the wire raises what DynamoDB answers to writes that meet a transaction.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID  # type: ignore[attr-defined]

from gatehouse.backend.root import Backend
from gatehouse.stores.secrets import Secrets
from harness.moto_backend import REGION, MotoBackend
from tests.support.length import LONG

REFUSED = "refused before"
LOST = "failed after"
REPEATED = "sent twice"
KILLED = "killed after"
DARK = "unreachable from here on"
MET_ONCE = "met a transaction once"
MET_TWICE = "met a transaction twice"
MET_ALWAYS = "met a transaction each time"
UNFINISHED = "still in progress"
PASSING = {MET_ONCE: 1, MET_TWICE: 2, UNFINISHED: 1}
"""Faults that end by themselves, and after how many attempts. The caller notices nothing."""

KINDS = (REFUSED, LOST, REPEATED, KILLED, DARK, MET_ONCE, MET_TWICE, MET_ALWAYS, UNFINISHED)

SHORT = (REFUSED, LOST, KILLED, MET_ONCE)
OF_COUNTERS = (REFUSED, KILLED)

READS = frozenset({"get_item", "query", "get_secret_value"})
WRITES = frozenset({"put_item", "update_item", "delete_item", "transact_write_items"})
_KEPT = frozenset({"meta", "exceptions"})


def injections(calls: "list[Call]") -> list[tuple[str, int]]:
    """Returns each kind of fault with the number of each call that can have it.

    A short run injects those that tell most. Every write path counts attempts with the same few
    lines, so there a counter has even fewer.
    """
    return [
        (kind, number)
        for number, call in enumerate(calls)
        for kind in (KINDS if LONG else OF_COUNTERS if call.counts else SHORT)
        if _can_have(call.operation, kind)
    ]


def _can_have(operation: str, kind: str) -> bool:
    if kind == UNFINISHED:
        return operation == "transact_write_items"
    if kind in (MET_ONCE, MET_TWICE, MET_ALWAYS):
        return operation in WRITES
    return operation not in READS or kind == REFUSED


class Killed(BaseException):
    """The process dies here. No code of the service catches it."""


@dataclass(frozen=True)
class Call:
    """One request to AWS."""

    operation: str
    request: dict[str, Any]

    @property
    def counts(self) -> bool:
        """Whether the call counts an attempt for a limit."""
        key = str(self.request.get("Key", {}).get("pk", {}).get("S", ""))
        return key.startswith("LIMIT#") and not key.startswith("LIMIT#mark#")


@dataclass
class Wire:
    """Counts the calls of a scenario, and makes one of them fail."""

    kind: str = ""
    at: int = -1
    """The number of the call that fails, counted from 0."""
    calls: list[Call] = field(default_factory=list)
    hits: int = 0
    _token: str | None = None
    """The token of a transaction that took effect while its caller was told to wait."""

    def clear(self, kind: str = "", at: int = -1) -> None:
        """Counts from 0 again, and sets the next fault. Without a kind, no call fails."""
        self.kind, self.at, self.hits, self._token = kind, at, 0, None
        self.calls.clear()

    def over(self, client: Callable[[], Any]) -> Callable[[], Any]:
        """Returns a function that creates a client reached over this wire."""
        return lambda: _Client(self, client())

    def backend(self, backend: Backend) -> Backend:
        """Returns a backend that reaches AWS only over this wire."""
        return replace(
            backend,
            dynamodb=self.over(backend.dynamodb),
            sqs=self.over(backend.sqs),
            ses=self.over(backend.ses),
            secrets=Secrets(self.over(backend.secrets._client)),
        )

    def carry(self, operation: str, send: Callable[..., Any], request: dict[str, Any]) -> Any:
        number = len(self.calls)
        self.calls.append(Call(operation, request))
        if self._token and self._token == request.get("ClientRequestToken"):
            return {}
        if not self._hits(number, operation):
            return send(**request)
        self.hits += 1
        match self.kind:
            case "refused before" | "unreachable from here on":
                raise _refusal(operation, number)
            case "failed after":
                send(**request)
                raise _failure(operation, number)
            case "sent twice":
                return _twice(operation, send, request)
            case "killed after":
                send(**request)
                raise Killed
            case "still in progress":
                send(**request)
                self._token = request["ClientRequestToken"]
                raise ClientError({"Error": {"Code": "TransactionInProgressException"}}, operation)
            case _ if self.kind in (MET_ONCE, MET_TWICE, MET_ALWAYS):
                raise _conflict(operation, number, request)
        # A misspelled kind would inject nothing, and every invariant would hold.
        raise NotImplementedError(self.kind)

    def _hits(self, number: int, operation: str) -> bool:
        if self.at < 0 or number < self.at:
            return False
        if self.kind == DARK:
            return True
        if self.kind == MET_ALWAYS:
            return operation in WRITES
        return number < self.at + PASSING.get(self.kind, 1)


class _Client:
    """A botocore client at the other end of a wire."""

    def __init__(self, wire: Wire, client: Any) -> None:
        self._wire = wire
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name in _KEPT:
            return method
        return lambda **request: self._wire.carry(name, method, request)


def _twice(operation: str, send: Callable[..., Any], request: dict[str, Any]) -> Any:
    # botocore sends both attempts with one ClientRequestToken, so AWS carries out only one
    # (DynamoDB for ten minutes).
    if operation in ("transact_write_items", "put_secret_value"):
        return send(**request)
    send(**request)
    return send(**request)


def _refusal(operation: str, number: int) -> Exception:
    """Returns an error that AWS sends when it has done nothing."""
    codes = (
        "ProvisionedThroughputExceededException",
        "InternalServerError",
        "ThrottlingException",
    )
    return ClientError({"Error": {"Code": codes[number % len(codes)]}}, operation)


def _conflict(operation: str, number: int, request: dict[str, Any]) -> Exception:
    """Returns what DynamoDB answers to a write that meets a transaction on one of its items."""
    if operation != "transact_write_items":
        return ClientError({"Error": {"Code": "TransactionConflictException"}}, operation)
    count = len(request["TransactItems"])
    reasons: Any = [{"Code": "None"} for _ in range(count)]
    reasons[number % count] = {"Code": "TransactionConflict"}
    return ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
        operation,
    )


def _failure(operation: str, number: int) -> Exception:
    """Returns an error that a client may get from a call that took effect."""
    if number % 2:
        return ClientError({"Error": {"Code": "InternalServerError"}}, operation)
    return ReadTimeoutError(endpoint_url="https://aws.example")


class Snapshot:
    """The state of simulated AWS, which can be restored any number of times."""

    def __init__(self, moto: MotoBackend) -> None:
        self._moto = moto
        self._now = moto.clock.now()
        self._kept = {name: copy.deepcopy(items) for name, items in self._items()}
        self._secrets = {arn: moto.backend.secrets.read(arn) for arn in self._arns()}

    def restore(self) -> None:
        for name, items in self._items():
            items.clear()
            items.update(copy.deepcopy(self._kept[name]))
        for arn, text in self._secrets.items():
            if self._moto.backend.secrets.read(arn) != text:
                self._moto.backend.secrets.write(arn, text)
        _queue(self._moto).clear()
        self._moto.sent().clear()
        self._moto.clock.advance(self._now - self._moto.clock.now())

    def _items(self) -> Iterator[tuple[str, Any]]:
        tables = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables
        return ((name, table.items) for name, table in tables.items())

    def _arns(self) -> tuple[str, ...]:
        settings = self._moto.backend.settings
        return (settings.pepper_secret, settings.refresh_secret, settings.signing_secret)


def _queue(moto: MotoBackend) -> Any:
    # PurgeQueue is allowed only once a minute, in the simulation too.
    queues = get_backend("sqs")[DEFAULT_ACCOUNT_ID][REGION].queues
    return queues[moto.queue_url.rpartition("/")[2]]._messages


@contextmanager
def failing(wire: Wire, kind: str, at: int = 0) -> Iterator[None]:
    """Makes one call in the block fail."""
    wire.clear(kind, at)
    try:
        yield
    finally:
        wire.clear()
