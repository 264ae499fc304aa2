"""Fixtures for all suites."""

from collections.abc import Iterator

import pytest

from gatehouse import aws
from harness.local_stack import LocalStack, start_stack
from harness.moto_backend import REGION, MotoBackend, moto_backend
from tests.support.evidence import evidence, pytest_terminal_summary

__all__ = ["evidence", "pytest_terminal_summary"]


def simulate_account(patch: pytest.MonkeyPatch) -> None:
    """Sets fake credentials, so that no test reaches a real AWS account."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_ACCESS_KEY_ID", "testing")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    patch.setenv("AWS_DEFAULT_REGION", REGION)
    # Nothing sleeps in tests; those of the pauses record them.
    patch.setattr(aws, "pause", lambda _: None)


@pytest.fixture(autouse=True)
def _simulated_account(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate_account(monkeypatch)


@pytest.fixture
def moto() -> Iterator[MotoBackend]:
    with moto_backend() as backend:
        yield backend


@pytest.fixture
def strict_moto() -> Iterator[MotoBackend]:
    """A backend that requires verified addresses."""
    with moto_backend(require_verified_email=True) as backend:
        yield backend


@pytest.fixture(scope="module")
def shared_moto() -> Iterator[MotoBackend]:
    """One backend for all tests of a module. Each test must leave it as it was."""
    with pytest.MonkeyPatch.context() as patch:
        simulate_account(patch)
        with moto_backend() as backend:
            yield backend


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The whole service, deployed from template.yaml on free ports."""
    running = start_stack(tmp_path_factory.mktemp("stack"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def strict_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A second stack, which requires verified addresses."""
    state = tmp_path_factory.mktemp("strict-stack")
    running = start_stack(state, "--parameter", "RequireVerifiedEmail=true")
    try:
        yield running
    finally:
        running.stop()


@pytest.hookimpl(tryfirst=True)  # the workers of xdist read the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests of a stack in one worker process, so that each stack starts only once."""
    for item in items:
        for fixture in ("strict_stack", "stack"):
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(fixture))
                break
