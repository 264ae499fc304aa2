"""People with an account."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gatehouse.aws import TransactionRefused
from gatehouse.errors import EmailTaken
from gatehouse.identity import EmailAddress, parse_address
from gatehouse.stores import item_keys
from gatehouse.stores.table import EXISTS, IS_NEW, Condition, Item, Table, Write, when

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
    devices: Mapping[str, int] = field(default_factory=dict)
    """Where the user signed in from; see ``devices``."""

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
        try:
            self._table.transact(*self.creating(user, address), *others)
        except TransactionRefused:
            # A retry of our own write, after its answer was lost, meets itself.
            if self._holds(address, user.id):
                return
            raise EmailTaken from None

    def creating(self, user: User, address: EmailAddress) -> list[Write]:
        """User and guard, each only if it is new, as part of a transaction."""
        guard = {**item_keys.email(address.canonical), "user_id": user.id}
        return [self._table.putting(guard, IS_NEW), self._table.putting(_to_item(user), IS_NEW)]

    def checking_epoch(self, user: User, change: Condition | None = None) -> Write:
        """The condition that nothing ended the user's sessions since the user was read, as part of
        a transaction.

        Args:
            change: what the transaction changes of the user.
        """
        key = item_keys.user(user.id)
        same = when("#token_epoch = :epoch AND #disabled = :no", epoch=user.token_epoch, no=False)
        return (
            self._table.updating(key, change, same) if change else self._table.checking(key, same)
        )

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

    def changing_password(self, user: User, password_hash: str) -> Write:
        """A new password, and the end of all that was issued before, if the old one stands."""
        change = when(
            "SET #password_hash = :new, #token_epoch = :next",
            new=password_hash,
            next=user.token_epoch + 1,
        )
        same = when(
            "#password_hash = :old AND #token_epoch = :epoch",
            old=user.password_hash,
            epoch=user.token_epoch,
        )
        return self._table.updating(item_keys.user(user.id), change, same)

    def changing_email(self, user: User, address: EmailAddress) -> list[Write]:
        """Another address for a user: its guard, the end of the old guard, and the user, if neither
        address nor password changed since the user was read."""
        old = item_keys.email(parse_address(user.email).canonical)
        guard = {**item_keys.email(address.canonical), "user_id": user.id}
        change = when(
            "SET #email = :email, #email_verified = :yes", email=address.written, yes=True
        )
        same = when(
            "#email = :old AND #token_epoch = :epoch", old=user.email, epoch=user.token_epoch
        )
        moved = self._table.updating(item_keys.user(user.id), change, same)
        if old == item_keys.email(address.canonical):
            # Only the spelling changes; a transaction takes one write for an item.
            return [moved]
        return [
            self._table.putting(guard, IS_NEW),
            self._table.deleting(old, when("#user_id = :id", id=user.id)),
            moved,
        ]

    def closing(self, user: User) -> Write:
        """Disables an account for good, so that nothing new begins in it, if nothing ended the
        user's sessions since the user was read."""
        change = when(
            "SET #disabled = :yes, #token_epoch = :next", yes=True, next=user.token_epoch + 1
        )
        same = when("#token_epoch = :epoch", epoch=user.token_epoch)
        return self._table.updating(item_keys.user(user.id), change, same)

    def remove(self, user: User) -> None:
        """Removes an account and frees its address. Doing it twice changes nothing."""
        guard = item_keys.email(parse_address(user.email).canonical)
        mine = when("attribute_not_exists(#pk) OR #user_id = :id", id=user.id)
        self._table.transact(
            self._table.deleting(item_keys.user(user.id)), self._table.deleting(guard, mine)
        )

    def remove_belongings(self, user_id: str) -> None:
        """Removes every item in the partition of a user but the user itself."""
        profile = item_keys.user(user_id)
        for key in list(self._table.query(("pk", profile["pk"]), only=("pk", "sk"))):
            if key != profile:
                self._table.delete(key)

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
        "devices": user.devices,
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
        devices=item.get("devices", {}),
    )
