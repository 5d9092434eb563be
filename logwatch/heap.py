"""Tune the heap and the garbage collector: reuse a chunk's memory for the next one, collect nothing built at the start.

Without the first, the kernel clears and maps the same pages for chunk after chunk: a quarter of the time of a long
backlog. Without the second, a full collection looks at every object of every module for 25 to 70 ms, in which no thread
runs and no scrape is answered. All threads share one heap: otherwise the pages' thread would keep one of its own, of
2 MB and more.
"""

import ctypes
import gc
import linecache

_TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -2, -3, -8  # of mallopt(3)
_CHUNK = 1 << 20  # bytes: no block that a chunk needs is larger, so none is mapped by itself
_SERVICE_OBJECTS = 700  # allocations between collections, as up to Python 3.12; the 2,000 since then took 20 MB more
_NEW_OBJECTS = 50_000  # more than a usual chunk allocates; a few MB
_CHUNKS = 4 << 20  # bytes: a chunk, its lines, and what an expression captures of them


def keep() -> None:
    """Keep a chunk's worth of freed memory in the heap; without glibc, do nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _CHUNK)
        mallopt(_TOP_PAD, _CHUNKS)
        mallopt(_ARENA_MAX, 1)


def collect_seldom() -> None:
    """Collect garbage less often: for a command that reads logs once, and ends.

    A chunk of results that all differ has tens of thousands of objects, none of them in a cycle; collections took a
    fifth of the time.
    """
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


def release() -> None:
    """Return free memory to the system; called after a download or a backlog, which take more than chunks do."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def settle() -> None:
    """Exclude all present objects from later garbage collections; called once, at the end of the start.

    Later collections are frequent, since requests and reloads leave cycles.
    """
    gc.set_threshold(_SERVICE_OBJECTS, *gc.get_threshold()[1:])
    linecache.clearcache()  # of source files, which pyparsing reads for each parse action
    gc.collect()
    gc.freeze()
