"""The replies of a frame, and the actions that wait until they are sent."""

from collections.abc import Callable


class Replies:
    """Replies in the order of their commands. They are sent first, then live publications."""

    def __init__(self, send: Callable[..., None]) -> None:
        """
        Args:
            send: sends lines to the connection.
        """
        self._send = send
        self._lines: list[str] = []
        self._afterwards: list[Callable[[], None]] = []

    def add(self, line: str) -> None:
        """Adds the reply to the next command."""
        self._lines.append(line)

    def then(self, act: Callable[[], None]) -> None:
        """Defers an action until the replies so far are sent."""
        self._afterwards.append(act)

    def send(self) -> None:
        """Sends the pending replies. Deferred actions keep waiting.

        Raises:
            ConnectionGone: the connection is closed.
            Unavailable: not all of them could be sent.
        """
        lines, self._lines = self._lines, []
        self._send(*lines)

    def flush(self) -> None:
        """Sends the pending replies, then runs the deferred actions.

        Raises: as ``send``, and whatever the actions raise.
        """
        self.send()
        afterwards, self._afterwards = self._afterwards, []
        for act in afterwards:
            act()
