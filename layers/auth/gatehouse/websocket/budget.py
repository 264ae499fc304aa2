"""How many commands of one connection are carried out in a while."""

from gatehouse.errors import TooManyRequests
from gatehouse.stores.connections import Connection

WINDOW = 10
"""Seconds of a window that commands are counted in."""

MAX_SPENT = 600
"""Commands of one connection that are carried out in a window."""


class CommandBudget:
    """The budget of one frame's connection, as its earlier frames left it."""

    def __init__(self, connection: Connection) -> None:
        self._window = connection.window
        self._spent_before = connection.spent
        self._spent_now = 0

    def spend(self, now: int, *, exempt: bool = False) -> None:
        """Counts a command that is about to be carried out.

        Args:
            exempt: carried out even if the budget is used up.

        Raises:
            TooManyRequests: the budget of this window is used up.
        """
        if not exempt and self.spent_before(now) + self._spent_now >= MAX_SPENT:
            raise TooManyRequests
        self._spent_now += 1

    def spent_before(self, now: int) -> int:
        """Returns the commands of earlier frames in the window that is open now."""
        return self._spent_before if self._window == now // WINDOW else 0
