"""The ``history`` command: reads the publications of a channel."""

from collections.abc import Iterator
from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.errors import BadFrame, PermissionDenied, UnrecoverablePosition
from gatehouse.flows.realtime.join import MOST_BYTES, Since, read_since
from gatehouse.realtime.channels import Rule
from gatehouse.stores.connections import Connection
from gatehouse.stores.streams import Position, Publication

ALL = -1
"""The ``limit`` for as many publications as a reply holds."""

MOST = 1_000
"""Most publications in one reply."""


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """The parameters of ``history``."""

    channel: str
    limit: int = 0
    """Most publications to return; 0 for only the stream's position, -1 for as many as fit."""
    since: object = None
    """A position, ``{"offset": ..., "epoch": ...}``. Only publications after it are returned, or
    those before it with ``reverse``."""
    reverse: bool = False
    """Whether to return the latest publications first."""


@dataclass(frozen=True, slots=True)
class History:
    """HistoryResult of the Centrifuge client protocol."""

    publications: list[dict[str, object]]
    epoch: str
    """The epoch of the stream. An offset has a meaning only together with it."""
    offset: int
    """The offset of the latest publication; 0 if there is none."""


def read_history(backend: Backend, connection: Connection, request: ReadHistory) -> History:
    """Returns a page of a channel's history and the current position of its stream.

    A page ends before the first publication that does not fit into the reply. The next page starts
    there.

    Raises:
        UnknownChannel: no rule covers the channel.
        PermissionDenied: the channel rule does not let the user read the history.
        UnrecoverablePosition: ``since`` has another epoch than the stream.
        BadFrame: ``since`` or ``limit`` is not valid.
    """
    rule = backend.realtime.rules.of(request.channel)
    if not rule.may_read_history(request.channel, connection.user_id):
        raise PermissionDenied
    since = _since(request.since)
    position = backend.realtime.streams.position(request.channel)
    if since and since.epoch not in ("", position.epoch):
        raise UnrecoverablePosition
    page = _page(backend, rule, request, since, position)
    return History([each.as_json() for each in page], position.epoch, position.offset)


def _since(position: object) -> Since | None:
    if position is None:
        return None
    if not isinstance(position, dict):
        raise BadFrame("since is not valid")
    return read_since(True, position.get("offset", 0), position.get("epoch", ""))


def _page(
    backend: Backend, rule: Rule, request: ReadHistory, since: Since | None, position: Position
) -> list[Publication]:
    if request.limit < ALL:
        raise BadFrame("limit is not valid")
    if request.limit == 0:
        return []
    limit = MOST if request.limit == ALL else min(request.limit, MOST)
    first, last = position.offset - rule.history_size + 1, position.offset
    if since and request.reverse:
        last = min(last, since.offset - 1)
    elif since:
        first = max(first, since.offset + 1)
    publications = backend.realtime.streams.page(
        request.channel,
        max(1, first),
        last,
        now=backend.clock.now(),
        limit=limit,
        newest_first=request.reverse,
    )
    return list(_that_fit(publications))


def _that_fit(publications: list[Publication]) -> Iterator[Publication]:
    """Yields as many publications as a reply can hold, but at least one."""
    size = 0
    for each in publications:
        size += len(each.pub.encode())
        if size > MOST_BYTES and size > len(each.pub.encode()):
            return
        yield each
