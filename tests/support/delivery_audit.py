"""Compares the publications that clients received with the log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass
class Heard:
    """What one client received and sent."""

    begin: int | None = None
    """The offset after which its first subscription began."""
    heard: list[tuple[int, str]] = field(default_factory=list)
    """Offsets and names of publications, in the order they arrived."""
    acknowledged: list[str] = field(default_factory=list)
    """Names of its own publications that the server acknowledged."""
    unrecovered: int = 0
    """How often the server said that not all missed publications could be recovered."""
    reconnects: int = 0


@dataclass(frozen=True)
class Verdict:
    """The findings, summed over all clients."""

    lost: int
    """Publications that a subscriber never received."""
    duplicate: int
    out_of_order: int
    forgotten: int
    """Publications that were acknowledged but are not in the log."""
    forged: int
    """Received publications that differ from the log at their offset."""
    unrecovered: int


def judge(log: Sequence[tuple[int, str]], clients: Iterable[Heard]) -> Verdict:
    """Compares what clients received with the log: offsets and names, from the first to the last.

    A repeated offset counts as a duplicate, but not as out of order as well.
    """
    clients = list(clients)
    named, names, top = dict(log), {name for _, name in log}, max((o for o, _ in log), default=0)
    return Verdict(
        lost=sum(len(_owed(each, top) - {offset for offset, _ in each.heard}) for each in clients),
        duplicate=sum(len(each.heard) - len({o for o, _ in each.heard}) for each in clients),
        out_of_order=sum(_out_of_order(each) for each in clients),
        forgotten=len({name for each in clients for name in each.acknowledged} - names),
        forged=sum(named.get(offset) != name for each in clients for offset, name in each.heard),
        unrecovered=sum(each.unrecovered for each in clients),
    )


def _owed(client: Heard, top: int) -> set[int]:
    return set(range((client.begin or 0) + 1, top + 1))


def _out_of_order(client: Heard) -> int:
    offsets: set[int] = set()
    count = 0
    for offset, _ in client.heard:
        count += offset not in offsets and offset < max(offsets, default=0)
        offsets.add(offset)
    return count
