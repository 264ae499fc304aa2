"""The two ports: taken hold of before anything slow happens, so that a taken one says so.

Standard library only: `make dev` runs this file before the environment exists.
"""

import socket
import sys

HOST = "127.0.0.1"


class PortTaken(Exception):
    """Another program listens there; the message is the whole line people see."""

    def __init__(self, port: int, variable: str) -> None:
        way_out = f"{variable}={port + 1} make dev"
        super().__init__(f"Port {port} is taken by another program. Choose one: {way_out}")


def listen(port: int, variable: str) -> socket.socket:
    """A socket bound to `port`, or to a free one for 0, not yet accepting connections."""
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
    """Exit 0 when both ports given as arguments are free; else one line, and 1."""
    try:
        for port, variable in zip(sys.argv[1:3], ("PORT", "AWS_PORT"), strict=True):
            listen(int(port), variable).close()
    except PortTaken as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except ValueError:
        print("PORT and AWS_PORT are two numbers: PORT=8001 make dev", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
