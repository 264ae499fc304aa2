"""Virtual time: production code as it is, in tasks that take turns where they would wait.

A task is a greenlet. Whatever would take time (a call of AWS, a sleep) hands over to the hub, which
goes to the next moment at which something happens. One seed decides about everything, so a run can
be played again. Run with ``PYTHONHASHSEED=0`` to have the order of sets the same, too.
"""

import heapq
import itertools
import os
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, TypeVar

from greenlet import GreenletExit, getcurrent, greenlet

from gatehouse import aws

T = TypeVar("T")


@dataclass(eq=False)
class Invocation:
    """One run of a function: its greenlets live and die together."""

    kind: str
    began: float
    timeout: float
    dead: bool = False
    threads: list["_Thread"] = field(default_factory=list)
    notes: dict[Any, Any] = field(default_factory=dict)
    """What an observer wants to remember of it."""


class _Thread(greenlet):  # type: ignore[misc] # it has no types
    """A greenlet that knows whose it is."""

    invocation: Invocation


@dataclass
class Hazards:
    """What may happen to an invocation at any of its steps; kinds not listed are spared."""

    crash: float = 0.0
    """Chance that it dies, ahead of an effect or after it."""
    stall: float = 0.0
    """Chance that it stops for up to one of ``stalls`` seconds, past every lease."""
    stalls: tuple[float, ...] = (1, 4, 15, 40)
    repeat: float = 0.0
    """Chance that the answer of a call is lost, and the call made again as botocore does."""
    conflict: float = 0.0
    """Chance that a write meets a transaction on its item."""
    kinds: frozenset[str] = frozenset()
    until: float = 0.0
    timeouts: bool = True
    """Whether Lambda ends what takes too long."""


class Scheduler:
    """The hub: what is to happen, in the order of time."""

    def __init__(self, seed: int, hazards: Hazards) -> None:
        self.random = Random(seed)
        self.hazards = hazards
        self.now = 0.0
        self.failures: list[Exception] = []
        """What escaped from functions."""
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, Callable[[], object]]] = []
        self._hub = getcurrent()
        self._alive: set[Invocation] = set()

    # For those outside of tasks.

    def after(self, delay: float, act: Callable[[], object]) -> None:
        """Does something in the hub after a delay."""
        heapq.heappush(self._waiting, (self.now + delay, next(self._order), act))

    def run(self, until: float) -> None:
        """Lets time pass."""
        while self._waiting and self._waiting[0][0] <= until:
            self.now, _, act = heapq.heappop(self._waiting)
            act()
        self.now = until

    def start(
        self,
        kind: str,
        work: Callable[[Invocation], T],
        *,
        timeout: float,
        then: Callable[[T], object] | None = None,
        delay: float = 0.0,
    ) -> None:
        """Begins an invocation.

        Args:
            then: gets what the work returns, if it lives to return something.
        """
        invocation = Invocation(kind, self.now + delay, timeout)
        self._alive.add(invocation)

        def run() -> None:
            try:
                outcome = work(invocation)
            except Exception as failure:
                self.failures.append(failure)
                return
            finally:
                self._alive.discard(invocation)
            if then:
                then(outcome)

        self.after(delay, self._thread(invocation, run).switch)
        if self.hazards.timeouts:
            self.after(delay + timeout, lambda: self.kill(invocation))

    def close(self) -> None:
        """Ends what still runs."""
        for invocation in list(self._alive):
            self.kill(invocation)

    def kill(self, invocation: Invocation) -> None:
        """Ends an invocation where it is; what it would do to clean up has no effect."""
        if invocation not in self._alive:
            return
        invocation.dead = True
        self._alive.discard(invocation)
        for thread in invocation.threads:
            if thread and not thread.dead:
                thread.throw(GreenletExit)

    def latency(self) -> float:
        """Seconds of one way to AWS."""
        return self.random.random() * (0.01 if self.random.random() < 0.97 else 0.3)

    # For tasks.

    @property
    def invocation(self) -> Invocation | None:
        """Whose task this is; None in the hub."""
        return getattr(getcurrent(), "invocation", None)

    def sleep(self, seconds: float) -> None:
        """Goes on later."""
        me = getcurrent()
        if not isinstance(me, _Thread):
            raise RuntimeError("the hub does not sleep")
        if me.invocation.dead:
            raise GreenletExit
        self.after(seconds, lambda: None if me.invocation.dead else me.switch())
        self._hub.switch()
        if me.invocation.dead:
            raise GreenletExit

    def call(self, effect: Callable[[], T]) -> T:
        """A call over the network: atomic, some time after it was asked for and before the answer
        is there. In the hub it takes no time."""
        invocation = self.invocation
        if invocation is None:
            return effect()
        self._step(invocation)
        outcome: Any = _attempt(effect)
        self._step(invocation)
        if self._in_danger(invocation) and self.random.random() < self.hazards.repeat:
            invocation.notes["repeated"] = True
            outcome = _attempt(effect)
            invocation.notes.pop("repeated")
            self._step(invocation)
        if isinstance(outcome, _Failure):
            raise outcome.error
        return outcome  # type: ignore[no-any-return]

    def meets_transaction(self) -> bool:
        """Whether the write that the present task makes meets a transaction on its item.

        A transaction is over soon: no write meets more than two in a row.
        """
        invocation, chance = self.invocation, self.hazards.conflict
        if not chance or invocation is None or not self._in_danger(invocation):
            return False
        me = ("met", getcurrent())
        met = invocation.notes.get(me, 0)
        meets = met < 2 and self.random.random() < chance
        invocation.notes[me] = met + 1 if meets else 0
        return meets

    def for_each(self, work: Callable[[Any], object], items: Iterable[Any]) -> list[Exception]:
        """Does the same work for all items at a time, in threads of the invocation."""
        everybody = list(items)
        self.random.shuffle(everybody)
        outcomes: list[Exception | None] = []
        me, invocation = getcurrent(), self.invocation

        def attempt(item: Any) -> None:
            try:
                work(item)
                outcomes.append(None)
            except Exception as failure:
                outcomes.append(failure)

        if invocation is None or len(everybody) < 2:
            for item in everybody:
                attempt(item)
            return [failure for failure in outcomes if failure]

        def one(item: Any) -> None:
            attempt(item)
            if len(outcomes) == len(everybody):
                self.after(0, lambda: None if invocation.dead else me.switch())

        for item in everybody:
            self.after(0, self._thread(invocation, partial(one, item)).switch)
        self._hub.switch()
        return [failure for failure in outcomes if failure]

    def _thread(self, invocation: Invocation, run: Callable[[], None]) -> _Thread:
        def unless_dead() -> None:
            if not invocation.dead:
                run()

        thread = _Thread(unless_dead, self._hub)
        thread.invocation = invocation
        invocation.threads.append(thread)
        return thread

    def _step(self, invocation: Invocation) -> None:
        delay, hazards = self.latency(), self.hazards
        if self._in_danger(invocation):
            if self.random.random() < hazards.crash:
                self.after(0, lambda: self.kill(invocation))
                self._hub.switch()
            if self.random.random() < hazards.stall:
                delay += self.random.choice(hazards.stalls) * self.random.random()
        self.sleep(delay)

    def _in_danger(self, invocation: Invocation) -> bool:
        return self.now < self.hazards.until and invocation.kind in self.hazards.kinds


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Exception


def _attempt(effect: Callable[[], Any]) -> Any:
    try:
        return effect()
    except Exception as error:
        return _Failure(error)


@contextmanager
def virtual_pauses(scheduler: Scheduler) -> Iterator[None]:
    """Lets the pauses between attempts take virtual time."""
    real, aws.pause = aws.pause, scheduler.sleep
    try:
        yield
    finally:
        aws.pause = real


@contextmanager
def seeded(source: Random) -> Iterator[None]:
    """Takes what is random in production (ids, tokens, jitter) from a seeded source."""
    real, state = os.urandom, random.getstate()
    names: list[tuple[Any, str]] = [(os, "urandom"), (random, "_urandom")]
    random.seed(source.random())
    try:
        for module, name in names:
            setattr(module, name, source.randbytes)
        yield
    finally:
        for module, name in names:
            setattr(module, name, real)
        random.setstate(state)
