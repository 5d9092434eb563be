"""Keep the memory of a process out of core dumps, and out of reach of the same user's other processes."""

import contextlib
import ctypes
import resource

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def keep() -> None:
    """Forbid core dumps of this process; a kernel that pipes them to a program obeys only the second call.

    The system call filter of a service may refuse the first: its unit has LimitCORE=0 already.
    """
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
