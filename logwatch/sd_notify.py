"""Reports the state of the service to systemd (sd_notify(3)); without systemd, nothing happens."""

import os
import socket
import time
from math import inf

PATIENCE_SECONDS = 5.0
"""For a service manager that hangs to take what it must not miss: that the service is ready."""


class Notifier:
    """A datagram socket to the service manager, if there is one.

    ``longest_pause``: seconds between two turns, of which its watchdog (sd_watchdog_enabled(3)) bears twice as many.
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
        """Say that the service does its work from now on."""
        self._send("READY=1", f"STATUS={status}", patience=PATIENCE_SECONDS)

    def turned(self, status: str) -> None:
        """Say that the reading loop has completed a turn: this, and nothing else, feeds the watchdog."""
        self._send("WATCHDOG=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that a reload begins; ``ready`` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the service ends because it was asked to."""
        self._send("STOPPING=1")

    def _send(self, *assignments: str, patience: float = 0.0) -> None:
        if self._socket is not None:
            self._socket.settimeout(patience)
            try:
                self._socket.sendto("\n".join(assignments).encode(errors="backslashreplace"), self._address)
            except OSError:  # a service manager that hangs, or is being restarted, must not stop us
                return
