"""Measures the scanner alone against mtail, grep and wc on the same files, and checks every count against the truth.

    python -m bench.scan [LINES] [ROUNDS]

CPU is user and system time per line; the rounds of all candidates alternate, so that a noisy machine is noisy for all.
"""

import json
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import logs
from logwatch.model import EnvelopeKind
from logwatch.parse import Scanner, load
from logwatch.parse.reading import refer

CHUNK = 256 * 1024
WORDS = {"apns": "apn", "fcm": "fcm"}
PROGRAM = Path(__file__).parent / "mesibo.mtail"


def scanner(path: Path, envelope: EnvelopeKind) -> tuple[float, Counter[tuple[str, str]]]:
    """Scan a file in chunks of whole lines."""
    subject = Scanner(load("mesibo"), timezone=ZoneInfo("UTC"))
    found: Counter[tuple[str, str]] = Counter()
    start = time.process_time()
    with path.open("rb") as file:
        rest = b""
        while block := file.read(CHUNK):
            data = rest + block
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            for key, seen in subject.scan(data[:end], envelope=envelope, reference=1795342500.0).results.items():
                found[WORDS[key.platform], str(key.code)] += seen.count
    return time.process_time() - start, found


def child(*command: str) -> tuple[float, bytes]:
    """Run a command, and give its CPU time and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, output


def mtail(path: Path) -> tuple[float, Counter[tuple[str, str]]]:
    """Let mtail count the same lines once."""
    cpu, output = child("mtail", "--one_shot", "--logs", str(path), "--progs", str(PROGRAM))
    values = json.loads(output[output.index(b"{") :])["mesibo_push_results_total"][0].get("LabelValues", [])
    return cpu, Counter({tuple(each["Labels"]): each["Value"]["Value"] for each in values})


def counter(*command: str) -> Callable[[Path], tuple[float, int]]:
    """Make a candidate of a command that prints a number."""

    def run(path: Path) -> tuple[float, int]:
        cpu, output = child(*command, str(path))
        return cpu, int(output.split()[0])

    return run


def measure(path: Path, truth: Counter[tuple[str, str]], envelope: EnvelopeKind, rounds: int) -> None:
    """Measure all candidates on one file and print a table."""
    candidates: dict[str, Callable[[Path], tuple[float, object]]] = {
        "mesibo-logwatch": lambda path: scanner(path, envelope),
        "grep -c": counter("grep", "-c", "push_on_complete"),
        "wc -l": counter("wc", "-l"),
    }
    if shutil.which("mtail"):
        candidates["mtail"] = mtail
    count = sum(1 for _ in path.open("rb"))
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            cpu, found = run(path)
            expected: object = truth if name in ("mesibo-logwatch", "mtail") else truth.total()
            if name != "wc -l" and found != expected:
                sys.exit(f"{name}: counted {found}, the truth is {expected}")
            times[name].append(cpu / count * 1e6)
    reference = statistics.median(times.get("mtail", [0.0]))
    print(f"\n{path.name}: {count} lines of {path.stat().st_size / count:.0f} bytes, {truth.total()} push lines")
    for name, each in times.items():
        middle = statistics.median(each)
        ratio = f"   mtail / {reference / middle:.1f}" if reference and middle else ""
        print(f"  {name:16} {middle:7.3f} us of CPU a line (best {min(each):.3f}){ratio}")


def pyparsing_alone(path: Path) -> None:
    """Tell what pyparsing itself takes, over a few lines."""
    grammar = load("mesibo")
    some = [line for line in path.read_bytes()[:200_000].split(b"\n")[:-1] if grammar.marker in line]
    start = time.process_time()
    for line in some:
        refer(grammar, line)
    print(f"\npyparsing itself: {(time.process_time() - start) / len(some) * 1e6:.0f} us a push line")


def main() -> None:
    """Generate the logs and measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(f"Python {platform.python_version()}, {platform.machine()}, {rounds} rounds, medians")
    with tempfile.TemporaryDirectory() as directory:
        for name, share, envelope in (
            ("all", 1.0, "plain"), ("one-in-ten", 0.1, "plain"), ("all-docker", 1.0, "docker"),
            ("one-in-ten-docker", 0.1, "docker"),
        ):  # fmt: skip
            path = Path(directory) / f"{name}.log"
            truth = logs.write(path, count, share, 1, docker=envelope == "docker")
            measure(path, truth, "docker" if envelope == "docker" else "plain", rounds)
            if name == "all":
                pyparsing_alone(path)


if __name__ == "__main__":
    main()
