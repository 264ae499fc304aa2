"""The same work for many connections at a time."""

import logging
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

WORKERS = 16
"""Requests under way at once; fewer than the connections that an AWS client keeps open."""

log = logging.getLogger(__name__)


def each(work: Callable[[str], Any], connection_ids: Iterable[str]) -> None:
    """Does the work for each of the connections; a failure is logged and stops no other."""

    def attempt(connection_id: str) -> None:
        try:
            work(connection_id)
        except Exception:
            log.exception("failed for one of many", extra={"connection_id": connection_id})

    ids = list(connection_ids)
    if len(ids) == 1:
        attempt(ids[0])
    elif ids:
        list(_pool().map(attempt, ids))


@cache
def _pool() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(WORKERS, thread_name_prefix="crowd")
