"""Simulated DynamoDB without its waste."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from moto.dynamodb import models
from moto.dynamodb.models.table import Table


@contextmanager
def quick_transactions() -> Iterator[None]:
    """Lets a transaction keep one copy of a table to fall back on; moto makes one for each of its
    writes, which is most of what a test with many transactions costs."""
    copies: dict[int, Any] = {}
    real = models.DynamoDBBackend.transact_write_items

    def deepcopy(thing: Any) -> Any:
        if not isinstance(thing, Table):
            return copy.deepcopy(thing)
        if id(thing) not in copies:
            copies[id(thing)] = copy.deepcopy(thing)
        return copies[id(thing)]

    def transact(self: Any, items: Any) -> None:
        copies.clear()
        try:
            real(self, items)
        finally:
            copies.clear()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.DynamoDBBackend, "transact_write_items", transact)
        patch.setattr(models, "copy", SimpleNamespace(copy=copy.copy, deepcopy=deepcopy))
        yield
