"""Lambda's event sources: from a queue to a function, in virtual time or in threads."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, Protocol

from harness.simulated.sqs import BATCH, SQS

Handler = Callable[[dict[str, Any]], Any]


class Host(Protocol):
    """Where functions run."""

    def after(self, delay: float, act: Callable[[], object]) -> None: ...

    def invoke(self, work: Callable[[], Any], then: Callable[[Any], object]) -> None:
        """Runs a function; ``then`` gets what it returns, if it does."""


class Source:
    """Hands batches of a queue to a function, and takes out what it served."""

    def __init__(
        self, sqs: SQS, queue: str, handler: Handler, host: Host, chance: Random | None = None
    ) -> None:
        """Args: chance: decides about the sizes of batches and the delays; full ones at once
        without it."""
        self._sqs = sqs
        self._queue = sqs.queues[queue]
        self._handler = handler
        self._host = host
        self._chance = chance
        self._due: float | None = None
        self._queue.changed.append(self.poll)

    def poll(self) -> None:
        """Arranges for the next moment at which there is something to hand over."""
        now, at = self._sqs.now(), self._queue.next_at(self._sqs.now())
        if at is None or (self._due is not None and now <= self._due <= at):
            return
        self._due = max(at, now) + (self._chance.random() * 0.03 if self._chance else 0)
        self._host.after(self._due - now, self._poll)

    def _poll(self) -> None:
        with self._sqs.lock:
            self._due = None
            most = self._chance.randint(1, BATCH) if self._chance else BATCH
            messages = self._queue.receive(most, self._sqs.now())
        if messages:
            receipts = {message.id: message.receipt for message in messages}
            records = [message.as_record(self._queue.name) for message in messages]
            self._host.invoke(
                lambda: self._handler({"Records": records}),
                lambda answer: self._finish(receipts, answer),
            )
        with self._sqs.lock:
            self.poll()

    def _finish(self, receipts: dict[str, str], answer: Any) -> None:
        failed = {each["itemIdentifier"] for each in (answer or {}).get("batchItemFailures", ())}
        with self._sqs.lock:
            for number, receipt in receipts.items():
                if number not in failed:
                    try:
                        self._queue.delete(receipt)
                    except LookupError:
                        # It took too long: somebody else has got the message since.
                        continue


class Threads:
    """A host in real time."""

    def __init__(self, workers: int = 16) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="function")
        self._timers: set[threading.Timer] = set()
        self._closed = False
        self.failures: list[Exception] = []

    now = staticmethod(time.monotonic)

    def after(self, delay: float, act: Callable[[], object]) -> None:
        def ring() -> None:
            self._timers.discard(timer)
            act()

        timer = threading.Timer(delay, ring)
        timer.daemon = True
        if not self._closed:
            self._timers.add(timer)
            timer.start()

    def invoke(self, work: Callable[[], Any], then: Callable[[Any], object]) -> None:
        def run() -> None:
            try:
                outcome = work()
            except Exception as failure:
                self.failures.append(failure)
                return
            then(outcome)

        if not self._closed:
            self._pool.submit(run)

    def close(self) -> None:
        """Waits for what runs, and begins nothing more."""
        self._closed = True
        for timer in list(self._timers):
            timer.cancel()
        self._pool.shutdown(wait=True)
