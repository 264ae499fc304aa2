"""The ``rpc`` command: calls a procedure of the server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gatehouse import __version__
from gatehouse.backend.root import Backend
from gatehouse.clock import rfc3339
from gatehouse.errors import NotAvailable
from gatehouse.stores.connections import Connection

Procedure = Callable[[Backend, Connection, object], object]
"""Receives the data of the call, any JSON. Returns any JSON."""


@dataclass(frozen=True, slots=True)
class Call:
    """The parameters of ``rpc``."""

    method: str = ""
    """The name of the procedure."""
    data: object = None
    """The argument of the procedure, any JSON."""


@dataclass(frozen=True, slots=True)
class Called:
    """RPCResult of the Centrifuge client protocol."""

    data: object
    """The result of the procedure, any JSON."""


def call(backend: Backend, connection: Connection, request: Call) -> Called:
    """Calls a procedure of the server by name and returns its result.

    Raises:
        NotAvailable: no procedure has this name.
    """
    procedure = PROCEDURES.get(request.method)
    if procedure is None:
        raise NotAvailable
    return Called(procedure(backend, connection, request.data))


def tell_time(backend: Backend, _connection: Connection, _data: object) -> object:
    """Returns the server's time and version, for clients whose clock is wrong."""
    now = backend.clock.now()
    return {"time": rfc3339(now), "seconds": now, "version": __version__}


PROCEDURES: Mapping[str, Procedure] = {"time": tell_time}
"""Procedures by the names that clients use. An app adds its procedures here."""
