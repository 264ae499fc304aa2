"""Terminal output: steps with their durations, notes and failures, in color where wanted."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_CODES = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_lock = threading.RLock()
_open_step: str | None = None


def colors() -> bool:
    """Whether to use colors: on a terminal, unless NO_COLOR is set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


_coloured = colors()


def paint(text: str, color: str) -> str:
    """Returns `text` in `color`, or unchanged if colors are off."""
    return f"\x1b[{_CODES[color]}m{text}\x1b[0m" if _coloured else text


def say(line: str = "") -> None:
    """Prints one line. If a step is still in progress, starts a new line first."""
    global _open_step
    with _lock:
        if _open_step is not None:
            print()
            _open_step = None
        print(line, flush=True)


def complain(line: str) -> None:
    """Prints one line about a failure that the developer can fix."""
    say(f"  {paint('✗', 'red')} {line}")


@contextmanager
def step(name: str) -> Iterator[None]:
    """Shows that `name` is in progress, then how long it took."""
    global _open_step
    with _lock:
        say_start = f"  {name} ... "
        if _open_step is not None:
            print()
        print(say_start, end="", flush=True)
        _open_step = name
    started = time.monotonic()
    try:
        yield
    except BaseException:
        _end(name, paint("failed", "red"))
        raise
    _end(name, paint(f"{time.monotonic() - started:.1f} s", "green"))


def _end(name: str, result: str) -> None:
    global _open_step
    with _lock:
        print(result if _open_step == name else f"  {name} ... {result}", flush=True)
        _open_step = None
