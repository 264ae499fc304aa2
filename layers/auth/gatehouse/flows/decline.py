"""Decline what the client protocol has and this server does not offer."""

from dataclasses import dataclass
from typing import NoReturn

from gatehouse.backend import Backend
from gatehouse.errors import NotAvailable
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True)
class Nothing:
    """No parameter is looked at."""


def decline(_backend: Backend, _connection: Connection, _request: Nothing) -> NoReturn:
    """Raises: ``NotAvailable``"""
    raise NotAvailable
