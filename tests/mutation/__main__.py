"""Removes each condition of the stores in turn, and runs the tests of its store without it.

    python -m tests.mutation             prints for conditions the tests that fail without them
    LONG=yes python -m tests.mutation    for all of them, not only some

Everything is imported once. Each run is a fork of this process, so it does not affect the others.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.moto_backend import moto_backend
from tests.conftest import simulate_account
from tests.mutation.conditions import Site, remove, sites
from tests.support.length import examples

UNIT = Path(__file__).parents[1] / "unit/stores"
GUARDS = Path(__file__).parents[1] / "races/test_guards.py"


class FirstFailure:
    """A pytest plugin that records the first test that fails."""

    name = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid.rpartition("::")[2]


@contextmanager
def running(site: Site) -> Iterator[Callable[[], str]]:
    """Starts a run without one condition.

    Yields a function that waits for the run and returns the name of the test that failed, or "".
    """
    with tempfile.TemporaryFile("w+") as note:
        child = os.fork()
        if child == 0:
            _run_here(site, note)

        def wait() -> str:
            os.waitpid(child, 0)
            note.seek(0)
            return note.read()

        yield wait


def _run_here(site: Site, note: Any) -> None:
    # pytest's own output would mix with the result.
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    try:
        remove(site)
        first = FirstFailure()
        tests = [str(UNIT / f"test_{site.store}.py"), str(GUARDS)]
        options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
        # The harness is already imported, so pytest cannot rewrite its asserts.
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        status = pytest.main([*options, *tests], plugins=[first])
        note.write(first.name if status == pytest.ExitCode.TESTS_FAILED else "")
        note.flush()
    finally:
        os._exit(0)


def main() -> None:
    with pytest.MonkeyPatch.context() as patch:
        simulate_account(patch)
        with moto_backend():
            pass  # Creates the clients and keys that every run uses.
    outcomes: list[tuple[str, str, str]] = []
    waiting = examples(sites(), short=6)
    while waiting:
        # Two at a time, to leave the other cores to other tests.
        now, waiting = waiting[:2], waiting[2:]
        with ExitStack() as stack:
            runs = [(site, stack.enter_context(running(site))) for site in now]
            outcomes.extend((site.name, site.text, wait()) for site, wait in runs)
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()
