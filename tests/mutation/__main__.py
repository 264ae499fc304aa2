"""Runs the tests of a store once for each of its conditions, without that condition.

    python -m tests.mutation         prints which test misses which condition

Everything is imported once; each run is a fork of this process, and changes nothing for the others.
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

UNIT = Path(__file__).parents[1] / "unit/stores"
GUARDS = Path(__file__).parents[1] / "races/test_guards.py"


class FirstFailure:
    """Notes the first test that fails."""

    name = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid.rpartition("::")[2]


@contextmanager
def running(site: Site) -> Iterator[Callable[[], str]]:
    """A run without one condition; what is yielded waits for the test that misses it, and gives
    its name, or nothing if there is none."""
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
    # pytest's own output would stand in the way of the result.
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    try:
        remove(site)
        first = FirstFailure()
        tests = [str(UNIT / f"test_{site.store}.py"), str(GUARDS)]
        options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
        # The harness is imported already, and nobody reads what its asserts compared.
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
            pass  # Clients and keys, which every run uses.
    outcomes: list[tuple[str, str, str]] = []
    waiting = sites()
    while waiting:
        # Two at a time: the others are other tests' turn.
        now, waiting = waiting[:2], waiting[2:]
        with ExitStack() as stack:
            runs = [(site, stack.enter_context(running(site))) for site in now]
            outcomes.extend((site.name, site.text, wait()) for site, wait in runs)
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()
