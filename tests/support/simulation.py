"""A faster moto DynamoDB."""

import copy
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from moto.dynamodb import models
from moto.dynamodb.models.table import Table


@contextmanager
def quick_transactions() -> Iterator[None]:
    """Makes a transaction copy each table once for its rollback.

    moto makes a copy for each write, which is most of the time of a test with many transactions.
    """
    copies: dict[int, Any] = {}
    real = models.DynamoDBBackend.transact_write_items

    def deepcopy(thing: Any) -> Any:
        if not isinstance(thing, Table):
            return copy.deepcopy(thing)
        if id(thing) not in copies:
            # Pickling copies items several times faster than deepcopy does.
            copies[id(thing)] = copy.copy(thing)
            copies[id(thing)].items = pickle.loads(pickle.dumps(thing.items))
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
