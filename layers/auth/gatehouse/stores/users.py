"""People with an account."""

from dataclasses import dataclass, replace

from gatehouse.aws import TransactionRefused
from gatehouse.errors import EmailTaken
from gatehouse.identity import EmailAddress
from gatehouse.stores import item_keys
from gatehouse.stores.table import EXISTS, IS_NEW, Item, Table, Write, when

NOBODY = "0" * 32
"""The id that is read where there is no user, so that a stranger sees as many reads as a member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account. ``password_hash`` names its own scheme; see ``passwords``."""

    id: str
    email: str
    name: str | None
    password_hash: str
    created_at: int
    email_verified: bool = False
    disabled: bool = False
    token_epoch: int = 0
    """Goes up when everything that was issued before shall be worth nothing."""

    def __repr__(self) -> str:
        return f"User(id={self.id!r})"


class Users:
    """The users of the accounts table, and the guards that keep their addresses unique."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def by_id(self, user_id: str) -> User | None:
        item = self._table.get(item_keys.user(user_id))
        return _from_item(item) if item else None

    def is_active(self, user_id: str, token_epoch: int) -> bool:
        """Whether a session of that epoch still counts. Reads no hash: the socket may not."""
        item = self._table.get(item_keys.user(user_id), only=("disabled", "token_epoch"))
        if item is None or item["disabled"]:
            return False
        return bool(item["token_epoch"] == token_epoch)

    def by_email(self, address: EmailAddress) -> User | None:
        """Two reads, also for an address that nobody has."""
        guard = self._table.get(item_keys.email(address.canonical))
        return self.by_id(guard["user_id"] if guard else NOBODY)

    def create(self, user: User, address: EmailAddress, *others: Write) -> None:
        """Writes user and guard, each only if it is new, and ``others``, all or nothing.

        A unique index would not do: an index follows its table, it does not hold a write back.

        Raises:
            EmailTaken: the address has an account.
        """
        guard = {**item_keys.email(address.canonical), "user_id": user.id}
        try:
            self._table.transact(
                self._table.putting(guard, IS_NEW),
                self._table.putting(_to_item(user), IS_NEW),
                *others,
            )
        except TransactionRefused:
            # A retry of our own write, after its answer was lost, meets itself.
            if self._holds(address, user.id):
                return
            raise EmailTaken from None

    def rename(self, user_id: str, name: str | None) -> User:
        """Raises: ``ConditionFailed`` where there is no such user (any more)."""
        change = when("SET #name = :name", name=name) if name else when("REMOVE #name")
        return _from_item(self._table.update(item_keys.user(user_id), change, EXISTS))

    def set_password_hash(self, user: User, password_hash: str) -> User:
        """Renews a hash, unless the password was changed meanwhile (``ConditionFailed``)."""
        self._table.update(
            item_keys.user(user.id),
            when("SET #password_hash = :new", new=password_hash),
            when("#password_hash = :old", old=user.password_hash),
        )
        return replace(user, password_hash=password_hash)

    def _holds(self, address: EmailAddress, user_id: str) -> bool:
        guard = self._table.get(item_keys.email(address.canonical))
        return guard is not None and guard["user_id"] == user_id


def _to_item(user: User) -> Item:
    return {
        **item_keys.user(user.id),
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "password_hash": user.password_hash,
        "created_at": user.created_at,
        "email_verified": user.email_verified,
        "disabled": user.disabled,
        "token_epoch": user.token_epoch,
    }


def _from_item(item: Item) -> User:
    return User(
        id=item["id"],
        email=item["email"],
        name=item.get("name"),
        password_hash=item["password_hash"],
        created_at=item["created_at"],
        email_verified=item["email_verified"],
        disabled=item["disabled"],
        token_epoch=item["token_epoch"],
    )
