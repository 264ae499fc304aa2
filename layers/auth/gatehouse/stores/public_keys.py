"""The public part of the key ring: what everybody needs to check an access token."""

import json
from typing import Any

from gatehouse.aws import ConditionFailed
from gatehouse.errors import Unavailable
from gatehouse.stores import item_keys
from gatehouse.stores.table import IS_NEW, Table, unmarshal, when


class PublicKeys:
    """One item of the accounts table, which only the rotation function may write."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> dict[str, Any]:
        """The JSON Web Key Set.

        Raises:
            Unavailable: it was never published.
        """
        item = self._table.get(item_keys.public_keys(), only=("jwks",))
        if item is None:
            raise Unavailable("the public keys are not published yet")
        jwks: dict[str, Any] = json.loads(item["jwks"])
        return jwks

    def version(self) -> int | None:
        """The version that is published; None if none is."""
        item = self._table.get(item_keys.public_keys(), only=("version",))
        return item["version"] if item else None

    def publish(self, jwks: dict[str, Any], *, previous: int | None, version: int) -> None:
        """Replaces the previous version of the set; None: there was none.

        Raises:
            ConditionFailed: somebody else published meanwhile.
        """
        item = {**item_keys.public_keys(), "jwks": json.dumps(jwks), "version": version}
        same = IS_NEW if previous is None else when("#version = :previous", previous=previous)
        try:
            self._table.put(item, same, old=True)
        except ConditionFailed as failed:
            # A retry of our own write, after its answer was lost, meets itself.
            if failed.old is None or unmarshal(failed.old)["jwks"] != item["jwks"]:
                raise
