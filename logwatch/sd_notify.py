"""Report the state of the service to systemd (sd_notify(3)); without systemd, do nothing."""

import os
import socket
import time
from math import inf

PATIENCE_SECONDS = 5.0
"""How long to wait for a service manager that hangs to accept what it must not miss: that the service is ready."""


class Notifier:
    """A datagram socket to the service manager, if there is one.

    ``longest_pause`` is the most seconds between two turns: half of its watchdog's timeout (sd_watchdog_enabled(3)).
    """

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        env = os.environ if environment is None else environment
        address = env.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) if address else None
        watched = address and env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = env.get("WATCHDOG_USEC", "") if watched else ""
        self.longest_pause = (float(microseconds) / 2e6 or inf) if microseconds.isdecimal() else inf

    def ready(self, status: str) -> None:
        """Report that the service is up."""
        self._send("READY=1", f"STATUS={status}", patience=PATIENCE_SECONDS)

    def turned(self, status: str) -> None:
        """Report that the reading loop has completed a turn; nothing else feeds the watchdog."""
        self._send("WATCHDOG=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Report that a reload begins; ``ready`` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Report that the service ends because it was asked to."""
        self._send("STOPPING=1")

    def _send(self, *assignments: str, patience: float = 0.0) -> None:
        if self._socket is not None:
            self._socket.settimeout(patience)
            try:
                self._socket.sendto("\n".join(assignments).encode(errors="backslashreplace"), self._address)
            except OSError:  # a service manager that hangs, or is being restarted, must not stop us
                return
