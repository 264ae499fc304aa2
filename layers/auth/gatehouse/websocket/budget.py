"""The command budget: how many commands a connection may run in a window of time."""

from gatehouse.errors import TooManyRequests
from gatehouse.stores.connections import Connection

WINDOW = 10
"""Seconds in a window of the command budget."""

MAX_SPENT = 600
"""Commands that a connection may run in a window."""


class CommandBudget:
    """What the earlier frames of a connection left of its budget, for one frame to spend."""

    def __init__(self, connection: Connection) -> None:
        self._window = connection.window
        self._spent_before = connection.spent
        self._spent_now = 0

    def spend(self, now: int, *, exempt: bool = False) -> None:
        """Counts a command that is about to run.

        Args:
            exempt: whether the command may run even when the budget is exhausted. It is counted
                all the same.

        Raises:
            TooManyRequests: the budget of this window is exhausted.
        """
        if not exempt and self.spent_before(now) + self._spent_now >= MAX_SPENT:
            raise TooManyRequests
        self._spent_now += 1

    def spent_before(self, now: int) -> int:
        """Returns how many commands earlier frames spent in the current window."""
        return self._spent_before if self._window == now // WINDOW else 0
