"""Measures following alone: a tail that reads a file to its end and hands the chunks to nobody, beside ``wc -l``.

    python -m bench.follow [LINES] [ROUNDS]

The lines are counted and compared with what was written.
"""

import itertools
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import logs
from bench.measure import machine, run
from logwatch import heap
from logwatch.discover import Globs
from logwatch.model import Call, Chunk, EnvelopeKind, JournalPosition, Position, Rotation
from logwatch.tail.tail import SourceSpec, Tail

BUDGET = 1 << 20


class Silent:
    """Takes note of no event."""

    def info(self, event: str, **data: object) -> None:
        """Do nothing."""

    warning = info


class Nobody:
    """A sink that counts lines and remembers nothing."""

    def __init__(self) -> None:
        self.lines = 0
        self.chunks = 0

    def chunk(self, chunk: Chunk) -> None:
        """Count."""
        self.lines += chunk.data.count(b"\n")
        self.chunks += 1

    def position(self, position: Position | JournalPosition) -> None:
        """Do nothing."""

    def forget(self, generation: int) -> None:
        """Do nothing."""

    def rotated(self, rotation: Rotation) -> None:
        """Do nothing."""

    def count(self, source: str, counter: str, amount: int = 1) -> None:
        """Do nothing."""

    def call(self, source: str, call: Call, witness_for: str) -> bool:  # noqa: ARG002  a tail has none
        """Refuse."""
        return False


def follow(path: Path) -> tuple[float, Nobody]:
    """Read a file to its end, a look before each read as the daemon does; give CPU seconds and what was counted."""
    sink, numbers = Nobody(), itertools.count(1)
    tail = Tail(
        SourceSpec("mesibo", Globs([str(path)])),
        (),
        lambda: next(numbers),
        owns=lambda _line: True,
        dates=lambda _line: True,
        held=lambda _data, _envelope: 0,
        max_line_bytes=65536,
        release_seconds=600,
        clock=time.time,
        log=Silent(),
    )
    before = time.process_time()
    waiting = True
    while waiting:
        tail.look(sink)
        waiting = tail.read(sink, BUDGET)
    cpu = time.process_time() - before
    tail.close()
    return cpu, sink


def main() -> None:
    """Generate the logs and measure."""
    heap.keep()  # as the daemon does
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(f"{machine()}; {rounds} rounds, medians")
    with tempfile.TemporaryDirectory() as directory:
        kinds: tuple[EnvelopeKind, ...] = ("plain", "docker")
        for kind in kinds:
            path = Path(directory) / f"{kind}.log"
            logs.write(path, count, 1.0, 1, docker=kind == "docker")
            ours, wc = [], []
            for _ in range(rounds):
                cpu, sink = follow(path)
                if sink.lines != count:
                    sys.exit(f"followed {sink.lines} of {count} lines")
                ours.append(cpu)
                wc.append(run("wc", "-l", path).cpu)
            mine, theirs = statistics.median(ours), statistics.median(wc)
            print(
                f"{kind}: {mine / count * 1e6:.3f} us of CPU a line, {mine / sink.chunks * 1e6:.0f} us a chunk of"
                f" {path.stat().st_size / sink.chunks / 1024:.0f} KiB; wc -l {theirs / count * 1e6:.3f} us a line"
            )


if __name__ == "__main__":
    main()
