"""Keeps memory as the process needs it: what a chunk took for the next one, what a start built out of every collection.

Without the first, the kernel clears and maps the same pages for chunk after chunk: a quarter of the time of a long
backlog. Without the second, a full collection looks at every object of every module for 25 to 70 ms, in which no thread
runs and no scrape is answered. All threads share one heap: the pages' thread would else keep one of its own, of 2 MB
and more.
"""

import ctypes
import gc
import linecache

_TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -2, -3, -8  # of mallopt(3)
_CHUNK = 1 << 20  # bytes: no block that a chunk needs is larger, and needs to be mapped by itself
_SERVICE_OBJECTS = 700  # new ones between two looks for circles, as up to Python 3.12; 2,000 since took 20 MB more
_NEW_OBJECTS = 50_000  # more than are made for a usual chunk, and a few MB
_CHUNKS = 4 << 20  # bytes: a chunk, its lines, and what an expression captures of them


def keep() -> None:
    """Let so much freed memory stay in the heap; a hint, where there is no glibc there is nothing to be asked."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _CHUNK)
        mallopt(_TOP_PAD, _CHUNKS)
        mallopt(_ARENA_MAX, 1)


def collect_seldom() -> None:
    """Look at objects for circles more seldom: for a command that reads logs once, and ends.

    A chunk of results that all differ holds tens of thousands of objects, none in a circle, and to look at them took a
    fifth of the time.
    """
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


def release() -> None:
    """Return to the system what is free: once after a download, which takes more for a moment than chunks do."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def settle() -> None:
    """Leave all that exists now out of later collections of garbage; to be called once, when a start has built it.

    Later ones come often: what requests and reloads leave in circles is most of what a service holds.
    """
    gc.set_threshold(_SERVICE_OBJECTS, *gc.get_threshold()[1:])
    linecache.clearcache()  # of sources, which pyparsing looks into for each action of a grammar
    gc.collect()
    gc.freeze()
