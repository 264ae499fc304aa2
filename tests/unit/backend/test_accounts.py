"""The composition root of accounts."""

import pytest

from gatehouse.backend.root import Backend
from gatehouse.settings import Settings


@pytest.mark.parametrize("name", ["table", "users", "outbox", "ses_sender"])
def test_part_is_refused_without_its_setting(name: str) -> None:
    with pytest.raises(LookupError):
        getattr(Backend(Settings()).accounts, name)
