"""Builders for records of the realtime table."""

from dataclasses import replace
from typing import Any

from gatehouse.stores.connections import Connection
from gatehouse.stores.members import Member, new_member
from harness.moto_backend import START

USER, SESSION = "a" * 32, "b" * 32


def a_connection(connection_id: str = "L0SM9cOFvHcCIhw=", **fields: Any) -> Connection:
    """Returns an open connection without channels."""
    connection = Connection(
        id=connection_id,
        client="d8a2ff5e-7bd8-4d7b-8b3a-4f8c5f3d3a11",
        user_id=USER,
        session_id=SESSION,
        expires_at=START + 900,
        ttl=START + 7_800,
        channels=frozenset(),
    )
    return replace(connection, **fields)


def a_member(
    connection_id: str = "L0SM9cOFvHcCIhw=", channel: str = "room:1", **fields: Any
) -> Member:
    """Returns a pending member: the client does not have its reply yet."""
    member = new_member(a_connection(connection_id), channel, 0, token="t1")
    return replace(member, **fields)
