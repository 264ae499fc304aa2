"""Workers that share the tests start each stack only once."""

import os

import pytest

from harness.local_stack import LocalStack


# Only xdist forms groups. `make test` and CI always run with it.
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="There are no xdist workers.")
def test_tests_of_a_stack_go_to_one_worker(
    stack: LocalStack, request: pytest.FixtureRequest
) -> None:
    assert request.node.nodeid.endswith("@stack"), "pytest-xdist has formed no groups"
