"""Binds the two ports before anything slow happens, so that a port in use is reported at once.

Uses only the standard library: `make dev` runs this file before the environment exists.
"""

import socket
import sys

HOST = "127.0.0.1"


class PortTaken(Exception):
    """Another program listens on the port. The message is the whole line to show."""

    def __init__(self, port: int, variable: str) -> None:
        way_out = f"{variable}={port + 1} make dev"
        super().__init__(f"Port {port} is used by another program. Choose another: {way_out}")


def listen(port: int, variable: str) -> socket.socket:
    """Returns a socket that listens on `port`, or on a free port for 0.

    Connections wait in its backlog until a server accepts them.

    Raises:
        PortTaken: the port cannot be bound.
    """
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((HOST, port))
        taken.listen(100)
    except (OSError, OverflowError) as error:
        taken.close()
        raise PortTaken(port, variable) from error
    return taken


def main() -> int:
    """Checks the two ports given as arguments. Returns 0 if both are free, else 1."""
    try:
        for port, variable in zip(sys.argv[1:3], ("PORT", "AWS_PORT"), strict=True):
            listen(int(port), variable).close()
    except PortTaken as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except ValueError:
        print("PORT and AWS_PORT must be numbers: PORT=8001 make dev", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
