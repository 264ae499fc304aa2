"""Users and their email addresses."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gatehouse.aws import ConditionFailed, TransactionRefused
from gatehouse.errors import EmailTaken
from gatehouse.identity import EmailAddress, known_address
from gatehouse.stores import item_keys
from gatehouse.stores.table import (
    EXISTS,
    IS_NEW,
    Condition,
    Item,
    Table,
    Write,
    when,
)

log = logging.getLogger(__name__)

MAX_SESSIONS = 100
"""Live sessions of a user. When one more starts, the one that was refreshed longest ago ends."""

NOBODY = "0" * 32
"""The ID that is read for an address without an account, so that both cases make the same reads."""


_SAME_EPOCH = "#token_epoch = :epoch AND #disabled = :no"


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
    """Increases to invalidate every token issued before."""
    devices: Mapping[str, int] = field(default_factory=dict)
    """The devices that the user signed in from; see ``devices``."""
    sessions_started: int = 0
    """The sessions that were ever started. It only increases, so that counting the live ones can
    require that none started meanwhile."""

    def __repr__(self) -> str:
        return f"User(id={self.id!r})"


class Users:
    """The users in the accounts table, and the guards that keep their addresses unique."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def by_id(self, user_id: str) -> User | None:
        item = self._table.get(item_keys.user(user_id))
        return _from_item(item) if item else None

    def is_active(self, user_id: str, token_epoch: int) -> bool:
        """Whether the user is enabled and still has that token epoch.

        Does not read the password hash, because the socket's role may not.
        """
        item = self._table.get(item_keys.user(user_id), only=("disabled", "token_epoch"))
        if item is None or item["disabled"]:
            return False
        return bool(item["token_epoch"] == token_epoch)

    def by_email(self, address: EmailAddress) -> User | None:
        """Returns the user with an address, or None. Makes two reads in both cases."""
        return self.by_id(self.id_by_email(address) or NOBODY)

    def id_by_email(self, address: EmailAddress) -> str | None:
        """Returns the ID of the user with an address, or None, with one read."""
        guard = self._table.get(item_keys.email(address.canonical))
        return guard["user_id"] if guard else None

    def create(self, user: User, address: EmailAddress, *others: Write) -> None:
        """Stores a new user and the guard of its address, and makes ``others``, all or nothing.

        A secondary index cannot keep addresses unique: it is updated after the write and cannot
        reject it.

        Raises:
            EmailTaken: the address has an account.
        """
        try:
            self._table.transact(*self.creating(user, address), *others)
        except TransactionRefused:
            # A retry after a lost response finds its own earlier write.
            if self._holds(address, user.id):
                return
            raise EmailTaken from None

    def creating(self, user: User, address: EmailAddress) -> list[Write]:
        """Returns the writes that store a user and its guard. They fail unless both are new."""
        guard = {**item_keys.email(address.canonical), "user_id": user.id}
        return [self._table.putting(guard, IS_NEW), self._table.putting(_to_item(user), IS_NEW)]

    def checking_epoch(self, user: User) -> Write:
        """Returns the check that nothing ended the user's sessions since the user was read."""
        same = when(_SAME_EPOCH, epoch=user.token_epoch, no=False)
        return self._table.checking(item_keys.user(user.id), same)

    def starting_session(self, user: User, change: Condition) -> Write:
        """Returns the write to the user that the start of a session needs.

        It fails if something ended the user's sessions since the user was read, or if no further
        session is allowed: ``allow_sessions`` must count the live ones first.

        Args:
            change: a change to the user that the same write makes.
        """
        counted = when(f"{change.text} ADD #sessions_started :one", **change.values, one=1)
        allowed = when(
            f"{_SAME_EPOCH} AND attribute_exists(#sessions_allowed)"
            " AND #sessions_started < #sessions_allowed",
            epoch=user.token_epoch,
            no=False,
        )
        return self._table.updating(item_keys.user(user.id), counted, allowed)

    def allow_sessions(self, user: User, more: int) -> None:
        """Allows that many further sessions, unless one has started since the user was read.

        The caller counts the live sessions after it read the user. A user of the former version
        has no count before.
        """
        change = when(
            "SET #sessions_started = :started, #sessions_allowed = :allowed",
            started=user.sessions_started,
            allowed=user.sessions_started + more,
        )
        none_started = when(
            "attribute_exists(#pk)"
            " AND (attribute_not_exists(#sessions_started) OR #sessions_started = :started)"
        )
        try:
            self._table.update(item_keys.user(user.id), change, none_started)
        except ConditionFailed:
            log.info("a session started while they were counted", extra={"user_id": user.id})

    def checking_email(self, user_id: str, email: str) -> Write:
        """Returns the check that an enabled user has this address, as it is written."""
        same = when("#email = :email AND #disabled = :no", email=email, no=False)
        return self._table.checking(item_keys.user(user_id), same)

    def rename(self, user_id: str, name: str | None) -> User:
        """Sets or removes the user's name.

        Raises:
            ConditionFailed: the user does not exist.
        """
        change = when("SET #name = :name", name=name) if name else when("REMOVE #name")
        return _from_item(self._table.update(item_keys.user(user_id), change, EXISTS))

    def set_password_hash(self, user: User, password_hash: str) -> User:
        """Replaces the hash of an unchanged password.

        Raises:
            ConditionFailed: the password was changed in the meantime.
        """
        self._table.update(
            item_keys.user(user.id),
            when("SET #password_hash = :new", new=password_hash),
            when("#password_hash = :old", old=user.password_hash),
        )
        return replace(user, password_hash=password_hash)

    def changing_password(
        self, user: User, password_hash: str, devices: Mapping[str, int] | None = None
    ) -> Write:
        """Returns the write that sets a new password and invalidates everything issued before.

        It fails if the password or the token epoch changed since the user was read.

        Args:
            devices: the devices that stay known.
        """
        change = when(
            "SET #password_hash = :new, #token_epoch = :next, #devices = :devices",
            new=password_hash,
            next=user.token_epoch + 1,
            devices=devices or {},
        )
        same = when(
            "#password_hash = :old AND #token_epoch = :epoch",
            old=user.password_hash,
            epoch=user.token_epoch,
        )
        return self._table.updating(item_keys.user(user.id), change, same)

    def changing_email(self, user: User, address: EmailAddress) -> list[Write]:
        """Returns the writes that give a user another address and replace the guard.

        They fail if the address or the token epoch changed since the user was read.
        """
        old = item_keys.email(known_address(user.email).canonical)
        guard = {**item_keys.email(address.canonical), "user_id": user.id}
        change = when(
            "SET #email = :email, #email_verified = :yes", email=address.written, yes=True
        )
        same = when(
            "#email = :old AND #token_epoch = :epoch", old=user.email, epoch=user.token_epoch
        )
        moved = self._table.updating(item_keys.user(user.id), change, same)
        if old == item_keys.email(address.canonical):
            # Only the spelling changes. A transaction takes at most one write per item.
            return [moved]
        return [
            self._table.putting(guard, IS_NEW),
            self._table.deleting(old, when("#user_id = :id", id=user.id)),
            moved,
        ]

    def closing(self, user: User) -> Write:
        """Returns the write that disables an account for good, so that nothing new starts in it.

        It fails if the token epoch changed since the user was read.
        """
        same = when("#token_epoch = :epoch", epoch=user.token_epoch)
        return self._table.updating(item_keys.user(user.id), _switch(user, disabled=True), same)

    def disabling(self, user: User) -> Write:
        """Returns the write that disables an account until ``enabling`` undoes it.

        It fails if the account is disabled, or the token epoch changed since the user was read.
        """
        return self._switching(user, disabled=True)

    def enabling(self, user: User) -> Write:
        """Returns the write that enables a disabled account, in a new token epoch.

        No session of before is live again. It fails if the account is not disabled, or the token
        epoch changed since the user was read.
        """
        return self._switching(user, disabled=False)

    def remove(self, user: User) -> None:
        """Deletes an account and frees its address. Repeating it changes nothing."""
        guard = item_keys.email(known_address(user.email).canonical)
        mine = when("attribute_not_exists(#pk) OR #user_id = :id", id=user.id)
        self._table.transact(
            self._table.deleting(item_keys.user(user.id)), self._table.deleting(guard, mine)
        )

    def remove_belongings(self, user_id: str, most: int) -> bool:
        """Deletes up to ``most`` items in a user's partition, but never the user itself.

        Returns whether only the user is left.
        """
        profile = item_keys.user(user_id)
        return self._table.delete_all(("pk", profile["pk"]), keep=profile, most=most)

    def _switching(self, user: User, *, disabled: bool) -> Write:
        same = when(
            "#token_epoch = :epoch AND #disabled = :was", epoch=user.token_epoch, was=not disabled
        )
        change = _switch(user, disabled=disabled)
        return self._table.updating(item_keys.user(user.id), change, same)

    def _holds(self, address: EmailAddress, user_id: str) -> bool:
        guard = self._table.get(item_keys.email(address.canonical))
        return guard is not None and guard["user_id"] == user_id


def _switch(user: User, *, disabled: bool) -> Condition:
    """Returns the change that disables or enables a user, and ends everything issued before."""
    return when(
        "SET #disabled = :now, #token_epoch = :next", now=disabled, next=user.token_epoch + 1
    )


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
        "sessions_started": user.sessions_started,
        "sessions_allowed": user.sessions_started + MAX_SESSIONS,
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
        sessions_started=item.get("sessions_started", 0),
    )
