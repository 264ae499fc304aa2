"""Call a procedure of the server: ``rpc``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gatehouse import __version__
from gatehouse.backend.root import Backend
from gatehouse.clock import rfc3339
from gatehouse.errors import NotAvailable
from gatehouse.stores.connections import Connection

Procedure = Callable[[Backend, Connection, object], object]
"""Gets the data of the call, any JSON; gives back any JSON."""


@dataclass(frozen=True, slots=True)
class Call:
    """The parameters of ``rpc``."""

    method: str = ""
    data: object = None


@dataclass(frozen=True, slots=True)
class Called:
    """RPCResult of the Centrifuge client protocol."""

    data: object


def call(backend: Backend, connection: Connection, request: Call) -> Called:
    """What the procedure of a name says.

    Raises:
        NotAvailable: there is none of this name.
    """
    procedure = PROCEDURES.get(request.method)
    if procedure is None:
        raise NotAvailable
    return Called(procedure(backend, connection, request.data))


def tell_time(backend: Backend, _connection: Connection, _data: object) -> object:
    """The server's clock, for clients whose own is wrong."""
    now = backend.clock.now()
    return {"time": rfc3339(now), "seconds": now, "version": __version__}


PROCEDURES: Mapping[str, Procedure] = {"time": tell_time}
"""By the names that clients call them by. An app adds its own here."""
