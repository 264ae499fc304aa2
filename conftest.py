"""Rewrites the asserts of shared packages before their import, so failures show both values."""

import pytest

pytest.register_assert_rewrite("harness", "tests.support")
