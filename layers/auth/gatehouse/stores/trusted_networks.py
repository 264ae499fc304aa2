"""The client networks that an account's owner proved to use, in one item for each account.

Account, owner and networks are keyed hashes. The item belongs to one token epoch of one owner, so
that no network outlives the password with which it was proven.
"""

from typing import NamedTuple

from gatehouse.aws import ConditionFailed
from gatehouse.stores import item_keys
from gatehouse.stores.table import Condition, Item, Table, Write, when

MOST = 20
"""Networks that are remembered for an account, the most recent ones. More could push the item over
1 KB, the most that one write unit covers."""


class Owner(NamedTuple):
    """The user of an account, and the token epoch in which a network was proven."""

    name: str
    """A hash. An address can get another owner, whose epochs begin again."""
    epoch: int


class TrustedNetworks:
    """The trusted networks in the accounts table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def includes(self, account: str, network: str, now: int) -> bool:
        """Whether the network is trusted for the account. Makes one read in any case."""
        item = self._table.get(item_keys.trusted_networks(account), only=("networks",))
        return item is not None and item["networks"].get(network, 0) > now

    def add(self, account: str, owner: Owner, network: str, ends_at: int) -> None:
        """Trusts a network until ``ends_at``, unless the owner's epoch is over by now.

        One write if the owner has signed in before. A failed condition means that the item is
        missing or of another epoch or owner.
        """
        key = item_keys.trusted_networks(account)
        # Twice: a concurrent sign-in may create the item in between.
        for _ in range(2):
            try:
                item = self._table.update(key, _extension(network, ends_at), _is_of(owner))
            except ConditionFailed:
                if self._begin(account, owner, network, ends_at):
                    return
            else:
                self._drop_surplus(item, owner)
                return

    def replacing(self, account: str, owner: Owner, network: str, ends_at: int) -> Write:
        """Returns the write that trusts this network and no other, for a new epoch."""
        return self._table.putting(_to_item(account, owner, network, ends_at))

    def _begin(self, account: str, owner: Owner, network: str, ends_at: int) -> bool:
        """Creates the item or takes it over from an older epoch. Returns whether it did."""
        older = when(
            "attribute_not_exists(#pk) OR #owner <> :owner OR #epoch < :epoch",
            owner=owner.name,
            epoch=owner.epoch,
        )
        try:
            self._table.put(_to_item(account, owner, network, ends_at), older)
        except ConditionFailed:
            return False
        return True

    def _drop_surplus(self, item: Item, owner: Owner) -> None:
        latest = sorted(item["networks"], key=lambda name: -item["networks"][name])
        if len(latest) <= MOST:
            return
        paths = ", ".join(f"#networks.#{name}" for name in latest[MOST:])
        key = {"pk": item["pk"], "sk": item["sk"]}
        try:
            self._table.update(key, when(f"REMOVE {paths}"), _is_of(owner))
        except ConditionFailed:
            # The epoch ended meanwhile, and the networks with it.
            return


def _extension(network: str, ends_at: int) -> Condition:
    return when(f"SET #networks.#{network} = :ends_at, #ttl = :ends_at", ends_at=ends_at)


def _is_of(owner: Owner) -> Condition:
    return when("#owner = :owner AND #epoch = :epoch", owner=owner.name, epoch=owner.epoch)


def _to_item(account: str, owner: Owner, network: str, ends_at: int) -> Item:
    return {
        **item_keys.trusted_networks(account),
        "owner": owner.name,
        "epoch": owner.epoch,
        "networks": {network: ends_at},
        "ttl": ends_at,
    }
