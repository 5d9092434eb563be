"""What systemd is told."""

import contextlib
import os
import socket
from math import inf

import pytest

from logwatch.sd_notify import Notifier


@pytest.fixture
def manager(tmp_path):
    """Stand in for systemd's end of the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.settimeout(5)
        yield bound, {"NOTIFY_SOCKET": str(tmp_path / "notify")}


def test_readiness_turns_and_the_end_are_reported(manager):
    """READY once, WATCHDOG with every turn, STOPPING at the end, each with the status line."""
    bound, environment = manager
    notifier = Notifier(environment)
    notifier.ready("following 1 files")
    assert bound.recv(1000) == b"READY=1\nSTATUS=following 1 files"
    notifier.turned("following 2 files")
    assert bound.recv(1000) == b"WATCHDOG=1\nSTATUS=following 2 files"
    notifier.reloading()
    assert bound.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    notifier.stopping()
    assert bound.recv(1000) == b"STOPPING=1"
    notifier._socket.close()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, inf),
        ({"WATCHDOG_USEC": "0"}, inf),
        ({"WATCHDOG_USEC": "x"}, inf),
        ({"WATCHDOG_USEC": "9" * 5000}, inf),
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, inf),
    ],
)
def test_a_watchdog_is_fed_twice_within_its_time(manager, environment, seconds):
    """The longest pause is half of the watchdog's time, and there is none if it is meant for another process."""
    notifier = Notifier(manager[1] | environment)
    assert notifier.longest_pause == seconds
    notifier._socket.close()


def test_an_abstract_socket_is_understood():
    """An address that begins with @ is an abstract one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind("\0mesibo-logwatch-test")
        bound.settimeout(5)
        notifier = Notifier({"NOTIFY_SOCKET": "@mesibo-logwatch-test"})
        notifier.stopping()
        assert bound.recv(1000) == b"STOPPING=1"
        notifier._socket.close()


def test_without_systemd_nothing_is_sent():
    """No socket, no notification, no error; one that is gone is no error either."""
    Notifier({}).ready("x")
    notifier = Notifier({"NOTIFY_SOCKET": "/nowhere/at/all"})
    notifier.ready("x")
    notifier._socket.close()


def test_a_manager_that_hangs_keeps_nobody_from_turning(manager):
    """What systemd does not take is left out: the loop reads on, and the next turn is told when it takes it again."""
    bound, environment = manager
    notifier = Notifier(environment)
    for _ in range(2000):  # more than any queue of datagrams holds
        notifier.turned("following 1 files")
    bound.setblocking(False)  # noqa: FBT003  its one parameter
    taken = 0
    with contextlib.suppress(BlockingIOError):
        while bound.recv(1000):
            taken += 1
    assert 0 < taken < 2000
    notifier.turned("following 2 files")
    assert bound.recv(1000) == b"WATCHDOG=1\nSTATUS=following 2 files"
    notifier._socket.close()
