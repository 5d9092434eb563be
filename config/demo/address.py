"""Chooses where a daemon answers that is only shown: the usual port, or a free one where somebody has that already.

So `make demo` runs beside `make run`, and both beside an installed service. As a program it prints the address for
`make run`.
"""

import os
import socket
import sys

HOST = "127.0.0.1"
RUN_PORT = 10914
DEMO_PORT = 10915  # another one: whoever begins both at once finds both ports free


def free_port() -> int:
    """Return a port of loopback that nobody has now."""
    return _bound(0)


def address(usual: int) -> str:
    """Return LISTEN, or an address of loopback that is free, with the ``usual`` port if that is."""
    if listen := os.environ.get("LISTEN"):
        return listen
    try:
        return f"{HOST}:{_bound(usual)}"
    except OSError:
        return f"{HOST}:{free_port()}"


def _bound(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was let go just now is free
        probe.bind((HOST, port))
        bound: int = probe.getsockname()[1]
        return bound


if __name__ == "__main__":
    sys.stdout.write(f"{address(RUN_PORT)}\n")
