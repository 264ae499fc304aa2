"""Before any fixture: asserts of these packages say what they compared, as those of tests do."""

import pytest

pytest.register_assert_rewrite("harness", "tests.support")
