"""Sessions. A session is one sign-in on one device, kept alive by a series of refreshes."""

from dataclasses import asdict, dataclass
from typing import Any

from gatehouse.aws import ConditionFailed
from gatehouse.errors import InvalidGrant, Unavailable
from gatehouse.identity import Device
from gatehouse.stores import item_keys
from gatehouse.stores.table import IS_NEW, Item, Table, Write, unmarshal, when

IDLE_LIFE = 14 * 86_400
"""Seconds without a refresh after which a session ends."""

ABSOLUTE_LIFE = 30 * 86_400
"""Seconds after the sign-in at which a session ends regardless of refreshes."""

REFRESH_GRACE = 30
"""Seconds after a refresh in which repeating it has the same result, for two tabs or a retry."""

LOST_ANSWER = 600
"""Seconds after the first use of a token in which it gets another successor, if none was used: for
an app that was interrupted before it had the answer."""

_TRIES = 3
"""How often a refresh decides anew because another request changed the session meanwhile."""


_NOT_ENDED = when("#revoked = :no", no=False)
_IS_CURRENT = "#counter = :counter AND #revoked = :no AND #idle_end > :now AND #end > :now"


@dataclass(frozen=True, slots=True)
class Session:
    """A family of refresh tokens. It holds no secret, because a key authenticates the tokens."""

    id: str
    user_id: str
    counter: int
    created_at: int
    refreshed_at: int
    expires_at: int
    """The earlier of the idle end and the absolute end. Each refresh moves the idle end."""
    token_epoch: int
    """The user's token epoch at the sign-in. A session of an older epoch is over."""
    address: str = ""
    user_agent: str = ""
    revoked: bool = False
    """Whether it has ended. Only the former version kept ended sessions, until DynamoDB's TTL."""
    reissue: "Reissue | None" = None
    """How the current token was issued, if not by the first use of the token before it."""

    def is_live(self, now: int) -> bool:
        return not self.revoked and self.expires_at > now

    @property
    def predecessor(self) -> int:
        """The counter of the token that the current token was issued for."""
        return self.reissue.predecessor if self.reissue else self.counter - 1

    @property
    def predecessor_used_at(self) -> int:
        """When that token was used for the first time."""
        return self.reissue.first_used_at if self.reissue else self.refreshed_at


@dataclass(frozen=True, slots=True)
class Reissue:
    """The issue of another successor for a token that was used before. It voids the former one."""

    counter: int
    """The successor. The record is void once the session has another counter."""
    predecessor: int
    first_used_at: int
    """Further successors do not move this time, so that repeating cannot prolong it."""


class ReusedToken(InvalidGrant):
    """A refresh token was used that no honest client still holds: one of two holders is a thief."""


class Sessions:
    """The sessions of the accounts table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def starting(self, session: Session) -> Write:
        """Returns the write that stores a new session."""
        return self._table.putting(_to_item(session), IS_NEW)

    def get(self, user_id: str, session_id: str) -> Session | None:
        item = self._table.get(item_keys.session(user_id, session_id))
        return _from_item(item) if item else None

    def moving(self, user_id: str, session_id: str, epoch: int) -> Write:
        """Returns the write that moves a session to a new token epoch.

        It belongs to the transaction that starts the epoch.
        """
        return self._table.updating(
            item_keys.session(user_id, session_id),
            when("SET #token_epoch = :epoch", epoch=epoch),
            _NOT_ENDED,
        )

    def of_user(self, user_id: str) -> list[Session]:
        """Returns all stored sessions of a user, including those that expired or are left over."""
        key = item_keys.session(user_id, "any")
        mine = when("begins_with(#sk, :start)", start=key["sk"].removesuffix("any"))
        return [_from_item(item) for item in self._table.query(("pk", key["pk"]), sort=mine)]

    def live_epoch(self, user_id: str, session_id: str, now: int) -> int | None:
        """Returns the token epoch of a live session. None if it is over or never existed.

        Reads only the attributes that the socket's role may see.
        """
        key = item_keys.session(user_id, session_id)
        item = self._table.get(key, only=("revoked", "idle_end", "end", "token_epoch"))
        if item is None or item["revoked"] or min(item["idle_end"], item["end"]) <= now:
            return None
        epoch: int = item["token_epoch"]
        return epoch

    def refresh(self, user_id: str, session_id: str, counter: int, now: int) -> Session:
        """Advances the session by one refresh.

        The current token moves the session on. The token that it was issued for is the only other
        one that is accepted, for a client that never got the answer: within ``REFRESH_GRACE``
        seconds it has the same result, and within ``LOST_ANSWER`` seconds of its first use it gets
        a new successor, which voids the unused one. Each decision is one conditional write.

        Raises:
            ReusedToken: the token is any other one. The caller must end the session.
            InvalidGrant: the session is over or never existed.
            Unavailable: other requests kept changing the session meanwhile.
        """
        session: Session | None = None
        for _ in range(_TRIES):
            try:
                if session is None:
                    return self._advance(user_id, session_id, counter, now)
                return self._issue_again(session, now)
            except ConditionFailed as failed:
                session = _from_item(unmarshal(failed.old)) if failed.old else None
            if session is None or not session.is_live(now):
                raise InvalidGrant
            if is_repeated(session, counter, now):
                return session
            if not is_answer_lost(session, counter, now):
                raise ReusedToken
        raise Unavailable("a session changed during each attempt to refresh it")

    def revoke(self, user_id: str, session_id: str) -> bool:
        """Ends a session, which deletes it. Returns whether it had not ended before."""
        try:
            self._table.delete(item_keys.session(user_id, session_id), _NOT_ENDED)
        except ConditionFailed:
            return False
        return True

    def ending(self, user_id: str, session_id: str) -> Write:
        """Returns the write that ends a session. It fails if the session is missing or ended."""
        return self._table.deleting(item_keys.session(user_id, session_id), _NOT_ENDED)

    def clearing(self, user_id: str, session_id: str) -> Write:
        """Returns the write that deletes what is left of a session that is over."""
        return self._table.deleting(item_keys.session(user_id, session_id))

    def _advance(self, user_id: str, session_id: str, counter: int, now: int) -> Session:
        item = self._table.update(
            item_keys.session(user_id, session_id),
            when(
                "SET #counter = :next, #refreshed_at = :now, #idle_end = :idle REMOVE #reissue",
                next=counter + 1,
                now=now,
                idle=now + IDLE_LIFE,
            ),
            when(_IS_CURRENT, counter=counter, no=False),
            old=True,
        )
        return _from_item(item)

    def _issue_again(self, session: Session, now: int) -> Session:
        """Voids the current token and issues another one for its predecessor."""
        following = session.counter + 1
        reissue = Reissue(following, session.predecessor, session.predecessor_used_at)
        item = self._table.update(
            item_keys.session(session.user_id, session.id),
            when(
                "SET #counter = :next, #refreshed_at = :now, #idle_end = :idle,"
                " #reissue = :reissue",
                next=following,
                now=now,
                idle=now + IDLE_LIFE,
                reissue=asdict(reissue),
            ),
            when(_IS_CURRENT, counter=session.counter, no=False),
            old=True,
        )
        return _from_item(item)


def is_repeated(session: Session, counter: int, now: int) -> bool:
    """Whether a token asks for the current one again so soon that it is a retry or another tab."""
    return counter == session.predecessor and now - session.refreshed_at <= REFRESH_GRACE


def is_answer_lost(session: Session, counter: int, now: int) -> bool:
    """Whether a token may get another successor, because the current one never arrived."""
    return counter == session.predecessor and now - session.predecessor_used_at <= LOST_ANSWER


def new_session(
    session_id: str, user_id: str, *, device: Device, token_epoch: int, now: int
) -> Session:
    """Creates a session that starts now."""
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
        "reissue": asdict(session.reissue) if session.reissue else None,
        # DynamoDB's TTL only cleans up. Every read and write compares the ends itself.
        "ttl": end + 86_400,
    }


def _from_item(item: dict[str, Any]) -> Session:
    reissue = Reissue(**item["reissue"]) if "reissue" in item else None
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
        # A process of the former version moves the counter on and leaves the record behind.
        reissue=reissue if reissue and reissue.counter == item["counter"] else None,
    )
