"""Keeps what a process knows out of core dumps, and out of sight for other processes of the same user."""

import contextlib
import ctypes
import resource

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def keep() -> None:
    """Forbid core dumps of this process; a kernel that pipes them to a program heeds the second call alone.

    A service may be refused the first by its system call filter: its unit has LimitCORE=0 already.
    """
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
