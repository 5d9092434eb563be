"""The memory of one chunk serves the next one, and what a start built costs no collection anything."""

import platform
import subprocess
import sys

import pytest

CHUNKS = """
import resource, sys
from logwatch import heap
if sys.argv[1] == "kept":
    heap.keep()
def chunk():
    return [bytes(192 << 10) for _ in range(4)]
for _ in range(10):
    chunk()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    chunk()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    run = subprocess.run([sys.executable, "-c", CHUNKS, how], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
def test_what_a_chunk_needed_is_not_mapped_anew_for_the_next_one():
    """200 chunks of 768 KiB fault in no more pages than a few of them have."""
    assert faults("kept") < 2000 < faults("given back")


RESULTS = """
import gc, sys
from logwatch import heap
if sys.argv[1] == "kept":
    heap.collect_seldom()
def collections():
    return sum(each["collections"] for each in gc.get_stats())
before = collections()
results = {(i, str(i)): [i] for i in range(10_000)}
print(collections() - before)
"""


def test_a_chunk_of_results_that_all_differ_is_not_searched_for_garbage():
    """Creating 10,000 results of two objects each starts no garbage collection."""
    found = {
        how: subprocess.run([sys.executable, "-c", RESULTS, how], capture_output=True, text=True, check=True).stdout
        for how in ("kept", "given back")
    }
    assert int(found["kept"]) == 0 < int(found["given back"])


COLLECTED = """
import gc
import logwatch.daemon
from logwatch import heap
heap.settle()
cycle = []
cycle.append(cycle)
del cycle
looked_at = len(gc.get_objects())
print(looked_at, gc.collect())
"""


def test_what_a_start_built_is_looked_at_by_no_collection():
    """A full collection behind it sees a few objects of the hundred thousand, and still finds what is garbage since."""
    run = subprocess.run([sys.executable, "-c", COLLECTED], capture_output=True, text=True, check=True)
    looked_at, garbage = map(int, run.stdout.split())
    assert looked_at < 1000
    assert garbage == 1
