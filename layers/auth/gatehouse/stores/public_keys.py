"""The public part of the key ring, which verifies access tokens."""

import json
from typing import Any

from gatehouse.aws import ConditionFailed
from gatehouse.errors import Unavailable
from gatehouse.stores import item_keys
from gatehouse.stores.table import IS_NEW, Table, unmarshal, when


class PublicKeys:
    """The published keys: one item of the accounts table, written only by the rotation function."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> dict[str, Any]:
        """Returns the JSON Web Key Set.

        Raises:
            Unavailable: no set has been published yet.
        """
        item = self._table.get(item_keys.public_keys(), only=("jwks",))
        if item is None:
            raise Unavailable("the public keys are not published yet")
        jwks: dict[str, Any] = json.loads(item["jwks"])
        return jwks

    def version(self) -> int | None:
        """Returns the published version, or None if nothing is published."""
        item = self._table.get(item_keys.public_keys(), only=("version",))
        return item["version"] if item else None

    def publish(self, jwks: dict[str, Any], *, previous: int | None, version: int) -> None:
        """Publishes a new version of the set.

        Args:
            previous: the version to replace. None if nothing is published yet.

        Raises:
            ConditionFailed: another version was published in the meantime.
        """
        item = {**item_keys.public_keys(), "jwks": json.dumps(jwks), "version": version}
        same = IS_NEW if previous is None else when("#version = :previous", previous=previous)
        try:
            self._table.put(item, same, old=True)
        except ConditionFailed as failed:
            # A retry after a lost response finds its own earlier write.
            if failed.old is None or unmarshal(failed.old)["jwks"] != item["jwks"]:
                raise
