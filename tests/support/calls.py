"""Records the backend's AWS calls, puts a rival before them, or makes them fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from gatehouse import aws
from harness.moto_backend import client_of_backend

EVENT = "provide-client-params"
Note = Callable[[str, str, dict[str, Any]], None]


@dataclass(frozen=True)
class Call:
    """One AWS call: its service, operation and parameters."""

    service: str
    operation: str
    params: dict[str, Any]


@contextmanager
def watched(note: Note) -> Iterator[None]:
    """Calls ``note`` with service, operation and parameters before each AWS call in the block."""

    def listen(params: dict[str, Any], model: Any, **_: Any) -> None:
        note(model.service_model.service_name, model.name, params)

    clients = [*map(client_of_backend, ("dynamodb", "sqs", "secretsmanager")), aws.ses()]
    for client in clients:
        client.meta.events.register_first(EVENT, listen)
    try:
        yield
    finally:
        for client in clients:
            client.meta.events.unregister(EVENT, listen)


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Collects the AWS calls of the block in order."""
    calls: list[Call] = []
    with watched(lambda *call: calls.append(Call(*call))):
        yield calls


@contextmanager
def before(operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Runs ``act`` before the block's first call of an operation, as a rival would."""
    waiting = [act]

    def note(_service: str, name: str, _params: dict[str, Any]) -> None:
        if name == operation and waiting:
            waiting.pop()()

    with watched(note):
        yield


@contextmanager
def broken(operation: str) -> Iterator[None]:
    """Makes every call of the operation in the block fail."""

    def note(_service: str, name: str, _params: dict[str, Any]) -> None:
        if name == operation:
            raise EndpointConnectionError(endpoint_url="https://aws.example")

    with watched(note):
        yield


@contextmanager
def refused(operation: str, code: str, reason: str) -> Iterator[None]:
    """Makes AWS refuse every call of the operation in the block, with its own code and reason."""

    def note(_service: str, name: str, _params: dict[str, Any]) -> None:
        if name == operation:
            raise ClientError({"Error": {"Code": code, "Message": reason}}, operation)

    with watched(note):
        yield


def contend(operation: str, contenders: list[Callable[[], None]]) -> None:
    """Brings all contenders to their call of an operation before the first call is sent."""
    first, *others = contenders
    if not others:
        first()
        return
    with before(operation, lambda: contend(operation, others)):
        first()
