"""Asks the C library to keep the memory that each chunk of lines needs, instead of giving it back and taking it again.

Without it, the kernel clears and maps the same pages for chunk after chunk: a quarter of the time of a long backlog.
"""

import ctypes

_TOP_PAD = -2  # M_TOP_PAD of mallopt(3)
_CHUNKS = 4 << 20  # bytes: a chunk, its lines, and what an expression captures of them


def keep() -> None:
    """Let so much freed memory stay in the heap; a hint, where there is no glibc there is nothing to be asked."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TOP_PAD, _CHUNKS)
