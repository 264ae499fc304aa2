"""Sessions: one sign-in on one device, and the row of refreshes that keeps it alive."""

from dataclasses import dataclass
from typing import Any

from gatehouse.aws import ConditionFailed
from gatehouse.errors import InvalidGrant
from gatehouse.identity import Device
from gatehouse.stores import item_keys
from gatehouse.stores.table import IS_NEW, Item, Table, Write, unmarshal, when

IDLE_LIFE = 14 * 86_400
"""Seconds without a refresh after which a session ends."""

ABSOLUTE_LIFE = 30 * 86_400
"""Seconds after the sign-in at which a session ends in any case."""

REFRESH_GRACE = 30
"""Seconds in which the same refresh again gets the same answer: two tabs, or a lost answer."""


_END = when("SET #revoked = :yes", yes=True)
_NOT_ENDED = when("#revoked = :no", no=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A family of refresh tokens. Nothing in it is secret: a key authenticates the tokens."""

    id: str
    user_id: str
    counter: int
    created_at: int
    refreshed_at: int
    expires_at: int
    """The earlier of the idle and the absolute end; moves with each refresh."""
    token_epoch: int
    """The user's at the sign-in; a session of an older epoch is over."""
    address: str = ""
    user_agent: str = ""
    revoked: bool = False

    def is_live(self, now: int) -> bool:
        return not self.revoked and self.expires_at > now


class ReusedToken(InvalidGrant):
    """A refresh token came back after its successor was used: one of the two holders stole it."""


class Sessions:
    """The sessions of the accounts table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def starting(self, session: Session) -> Write:
        return self._table.putting(_to_item(session), IS_NEW)

    def get(self, user_id: str, session_id: str) -> Session | None:
        item = self._table.get(item_keys.session(user_id, session_id))
        return _from_item(item) if item else None

    def moving(self, user_id: str, session_id: str, epoch: int) -> Write:
        """Takes a session along to a new epoch, as part of the transaction that begins it."""
        return self._table.updating(
            item_keys.session(user_id, session_id),
            when("SET #token_epoch = :epoch", epoch=epoch),
            when("#revoked = :no", no=False),
        )

    def of_user(self, user_id: str) -> list[Session]:
        """All sessions of a user, over or not, that were not cleaned up yet."""
        key = item_keys.session(user_id, "any")
        mine = when("begins_with(#sk, :start)", start=key["sk"].removesuffix("any"))
        return [_from_item(item) for item in self._table.query(("pk", key["pk"]), sort=mine)]

    def live_epoch(self, user_id: str, session_id: str, now: int) -> int | None:
        """The token epoch of a session that is not over; None if it is, or never was.

        Reads those attributes only: the socket's role may see no more.
        """
        key = item_keys.session(user_id, session_id)
        item = self._table.get(key, only=("revoked", "idle_end", "end", "token_epoch"))
        if item is None or item["revoked"] or min(item["idle_end"], item["end"]) <= now:
            return None
        epoch: int = item["token_epoch"]
        return epoch

    def refresh(self, user_id: str, session_id: str, counter: int, now: int) -> Session:
        """Moves the session one refresh on; the same step again within the grace repeats itself.

        One conditional write decides: of many that come with one token, one moves the session and
        the others, that are one behind it and in time, get the same successor.

        Raises:
            ReusedToken: the token is older than that; the session has to be ended.
            InvalidGrant: the session is over, or never was.
        """
        try:
            return self._advance(user_id, session_id, counter, now)
        except ConditionFailed as failed:
            session = _from_item(unmarshal(failed.old)) if failed.old else None
        if session is None or not session.is_live(now):
            raise InvalidGrant
        if session.counter == counter + 1 and now - session.refreshed_at <= REFRESH_GRACE:
            return session
        raise ReusedToken

    def revoke(self, user_id: str, session_id: str) -> bool:
        """Ends a session; whether it was there to be ended. Doing it twice changes nothing."""
        try:
            self._table.update(item_keys.session(user_id, session_id), _END, _NOT_ENDED)
        except ConditionFailed:
            return False
        return True

    def checking_not_ended(self, user_id: str, session_id: str) -> Write:
        """The condition that a session was not ended, as part of a transaction."""
        return self._table.checking(item_keys.session(user_id, session_id), _NOT_ENDED)

    def ending(self, user_id: str, session_id: str) -> Write:
        """Ends a session that is there and was not ended, as part of a transaction."""
        return self._table.updating(item_keys.session(user_id, session_id), _END, _NOT_ENDED)

    def _advance(self, user_id: str, session_id: str, counter: int, now: int) -> Session:
        item = self._table.update(
            item_keys.session(user_id, session_id),
            when(
                "SET #counter = :next, #refreshed_at = :now, #idle_end = :idle",
                next=counter + 1,
                now=now,
                idle=now + IDLE_LIFE,
            ),
            when(
                "#counter = :counter AND #revoked = :no AND #idle_end > :now AND #end > :now",
                counter=counter,
                no=False,
            ),
            old=True,
        )
        return _from_item(item)


def new_session(
    session_id: str, user_id: str, *, device: Device, token_epoch: int, now: int
) -> Session:
    """A session that starts now."""
    return Session(
        id=session_id,
        user_id=user_id,
        counter=0,
        created_at=now,
        refreshed_at=now,
        expires_at=now + IDLE_LIFE,
        token_epoch=token_epoch,
        address=device.address,
        user_agent=device.user_agent,
    )


def _to_item(session: Session) -> Item:
    end = session.created_at + ABSOLUTE_LIFE
    return {
        **item_keys.session(session.user_id, session.id),
        "id": session.id,
        "user_id": session.user_id,
        "counter": session.counter,
        "created_at": session.created_at,
        "refreshed_at": session.refreshed_at,
        "idle_end": session.expires_at,
        "end": end,
        "token_epoch": session.token_epoch,
        "address": session.address,
        "user_agent": session.user_agent,
        "revoked": session.revoked,
        # DynamoDB's own expiry only cleans up; every read and write compares the ends itself.
        "ttl": end + 86_400,
    }


def _from_item(item: dict[str, Any]) -> Session:
    return Session(
        id=item["id"],
        user_id=item["user_id"],
        counter=item["counter"],
        created_at=item["created_at"],
        refreshed_at=item["refreshed_at"],
        expires_at=min(item["idle_end"], item["end"]),
        token_epoch=item["token_epoch"],
        address=item["address"],
        user_agent=item["user_agent"],
        revoked=item["revoked"],
    )
