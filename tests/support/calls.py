"""What the backend asks of AWS: noted, forced apart, or failing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import EndpointConnectionError

from gatehouse import aws
from harness.moto_backend import client_of_backend

EVENT = "provide-client-params"
Note = Callable[[str, str, dict[str, Any]], None]


@dataclass(frozen=True)
class Call:
    """One call of an operation."""

    service: str
    operation: str
    params: dict[str, Any]


@contextmanager
def watched(note: Note) -> Iterator[None]:
    """Tells ``note`` service, operation and parameters ahead of each call of the backend."""

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
    """The calls of the block, in their order."""
    calls: list[Call] = []
    with watched(lambda *call: calls.append(Call(*call))):
        yield calls


@contextmanager
def before(operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Does something ahead of the block's first call of an operation, as a rival would."""
    waiting = [act]

    def note(_service: str, name: str, _params: dict[str, Any]) -> None:
        if name == operation and waiting:
            waiting.pop()()

    with watched(note):
        yield


@contextmanager
def broken(operation: str) -> Iterator[None]:
    """No call of the operation gets through."""

    def note(_service: str, name: str, _params: dict[str, Any]) -> None:
        if name == operation:
            raise EndpointConnectionError(endpoint_url="https://aws.example")

    with watched(note):
        yield


def contend(operation: str, contenders: list[Callable[[], None]]) -> None:
    """Lets all of them come to their call of an operation before the first one gets through."""
    first, *others = contenders
    if not others:
        first()
        return
    with before(operation, lambda: contend(operation, others)):
        first()
