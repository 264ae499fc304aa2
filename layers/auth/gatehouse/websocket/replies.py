"""The replies of a frame, and what has to wait until the client has them."""

from collections.abc import Callable


class Replies:
    """Replies in the order of their commands: they go first, then what is live."""

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
        """Does something once the client has the replies so far."""
        self._afterwards.append(act)

    def send(self) -> None:
        """Sends the replies that wait, and nothing else.

        Raises:
            ConnectionGone: the connection is closed.
            Unavailable: not all of them could be sent.
        """
        lines, self._lines = self._lines, []
        self._send(*lines)

    def flush(self) -> None:
        """Sends the replies that wait, then does what had to wait for them.

        Raises: as ``send``, and what the acts raise.
        """
        self.send()
        afterwards, self._afterwards = self._afterwards, []
        for act in afterwards:
            act()
