"""The same work for many items at a time, in threads."""

import logging
import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")
ForEach = Callable[[Callable[[Any], object], Iterable[Any]], list[Exception]]

WORKERS = 16
"""Threads of the pool; fewer than the connections that an AWS client keeps open."""

_THREAD_NAME = "for-each"

log = logging.getLogger(__name__)


def for_each(work: Callable[[T], object], items: Iterable[T]) -> list[Exception]:
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

    all_items = list(items)
    # Run nested work inline: a pool thread that waits for the pool would deadlock.
    inline = len(all_items) < 2 or threading.current_thread().name.startswith(_THREAD_NAME)
    outcomes = map(attempt, all_items) if inline else _pool().map(attempt, all_items)
    return [failure for failure in outcomes if failure is not None]


@cache
def _pool() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(WORKERS, thread_name_prefix=_THREAD_NAME)
