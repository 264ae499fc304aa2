"""The composition root of realtime."""

import pytest

from gatehouse.backend.root import Backend
from gatehouse.settings import Settings


@pytest.mark.parametrize(
    "name", ["table", "connections", "gateway", "delivery_queue", "delayed_checks"]
)
def test_part_is_refused_without_its_setting(name: str) -> None:
    with pytest.raises(LookupError):
        getattr(Backend(Settings()).realtime, name)
