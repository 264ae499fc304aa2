"""The same work for many connections at a time."""

import logging
import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")
Crowd = Callable[[Callable[[Any], object], Iterable[Any]], list[Exception]]

WORKERS = 16
"""Requests under way at once; fewer than the connections that an AWS client keeps open."""

_NAME = "crowd"

log = logging.getLogger(__name__)


def each(work: Callable[[T], object], items: Iterable[T]) -> list[Exception]:
    """Does the work for each of the items; a failure is logged and stops no other.

    Returns:
        the failures.
    """

    def attempt(item: T) -> Exception | None:
        try:
            work(item)
        except Exception as failure:
            log.exception("failed for one of many")
            return failure
        return None

    all_of_them = list(items)
    # Whoever is one of a crowd and waited for another crowd would take the place of who it needs.
    alone = len(all_of_them) < 2 or threading.current_thread().name.startswith(_NAME)
    outcomes = map(attempt, all_of_them) if alone else _pool().map(attempt, all_of_them)
    return [failure for failure in outcomes if failure is not None]


@cache
def _pool() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(WORKERS, thread_name_prefix=_NAME)
