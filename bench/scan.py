"""Measures scanner, ``report`` and the daemon's catch-up against mtail, grep and wc on the same files.

    python -m bench.scan [LINES] [ROUNDS]

Every count is checked against the truth. CPU is user and system time per line; the rounds of all candidates alternate,
so that a noisy machine is noisy for all. What a program takes for an empty file is told apart: a start is no line.
"""

import json
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from bench import logs
from bench.daemon import Daemon
from bench.measure import cpu_of, machine
from bench.measure import run as started
from logwatch import heap
from logwatch.model import EnvelopeKind
from logwatch.parse import Scanner, load
from logwatch.parse.reading import refer
from logwatch.tail.generation import CHUNK_BYTES

Found = Counter[tuple[str, str]]
"""How often each platform (as mesibo writes it) and code was counted."""
WORDS = {"apns": "apn", "fcm": "fcm"}
PROGRAM = Path(__file__).parent / "mesibo.mtail"


def scanner(path: Path, envelope: EnvelopeKind) -> tuple[float, Found]:
    """Scan a file in chunks of whole lines."""
    subject = Scanner(load("mesibo"), timezone=UTC)
    found: Found = Counter()
    start = time.process_time()
    with path.open("rb") as file:
        rest = b""
        while block := file.read(CHUNK_BYTES):
            data = rest + block
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            for key, seen in subject.scan(data[:end], envelope=envelope, reference=1795342500.0).results.items():
                found[WORDS[key.platform], str(key.code)] += seen.count
    return time.process_time() - start, found


def mtail(path: Path) -> tuple[float, Found]:
    """Let mtail count the same lines once."""
    cost = started("mtail", "--one_shot", "--logs", path, "--progs", PROGRAM)
    values = json.loads(cost.output[cost.output.index("{") :])["mesibo_push_results_total"][0].get("LabelValues", [])
    return cost.cpu, Counter({tuple(each["Labels"]): each["Value"]["Value"] for each in values})


def report(path: Path) -> tuple[float, Found]:
    """Let ``report`` count a file, as a command."""
    cost = started(sys.executable, "-m", "logwatch", "report", "--format", "json", path)
    rows = json.loads(cost.output)["results"]
    found: Found = Counter()
    for row in rows:
        found[WORDS[row["platform"]], str(row["code"])] += row["count"]
    return cost.cpu, found


def run(path: Path) -> tuple[float, Found]:
    """Let the daemon catch up with a file: read, counted, failures stored, committed, shown."""
    with tempfile.TemporaryDirectory() as directory:
        daemon = Daemon(Path(directory), path)
        daemon.until("mesibo_logwatch_lines_total", sum(1 for _ in path.open("rb")), every=1.0)
        cpu, text = cpu_of(daemon.process.pid), daemon.metrics()
        daemon.stop()
    found: Found = Counter()
    for labels, value in re.findall(r"^mesibo_push_results_total\{(.*?)\} (\S+)$", text, re.MULTILINE):
        told = dict(re.findall(r'(\w+)="(.*?)"', labels))
        if float(value):
            found[WORDS[told["platform"]], told["code"]] += int(float(value))
    return cpu, found


def counter(*command: str) -> Callable[[Path], tuple[float, int]]:
    """Make a candidate of a command that prints a number."""

    def count(path: Path) -> tuple[float, int]:
        cost = started(*command, path)
        return cost.cpu, int(cost.output.split()[0])

    return count


def candidates(envelope: EnvelopeKind) -> dict[str, Callable[[Path], tuple[float, object]]]:
    """Name what is measured, and how."""
    all_of_them: dict[str, Callable[[Path], tuple[float, object]]] = {
        "scanner alone": lambda path: scanner(path, envelope),
        "report": report,
        "run, catching up": run,
        "grep -c": counter("grep", "-c", "push_on_complete"),
        "wc -l": counter("wc", "-l"),
    }
    if shutil.which("mtail"):
        all_of_them["mtail"] = mtail
    return all_of_them


def starts(rounds: int) -> dict[str, float]:
    """Give the CPU seconds that each takes for nothing."""
    with tempfile.TemporaryDirectory() as directory:
        empty = Path(directory) / "empty.log"
        empty.touch()
        commands = {"report": report, "run, catching up": run, "mtail": mtail}
        return {
            name: statistics.median(command(empty)[0] for _ in range(rounds))
            for name, command in commands.items()
            if name != "mtail" or shutil.which("mtail")
        }


def measure(path: Path, truth: Found, envelope: EnvelopeKind, rounds: int, start: dict[str, float]) -> None:
    """Measure all candidates on one file and print a table."""
    count = sum(1 for _ in path.open("rb"))
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, command in candidates(envelope).items():
            cpu, found = command(path)
            expected: object = truth.total() if name == "grep -c" else truth
            if name != "wc -l" and found != expected:
                sys.exit(f"{name}: counted {found}, the truth is {expected}")
            times.setdefault(name, []).append((cpu - start.get(name, 0.0)) / count * 1e6)
    reference = statistics.median(times.get("mtail", [0.0]))
    print(f"\n{path.name}: {count} lines of {path.stat().st_size / count:.0f} bytes, {truth.total()} push lines")
    for name, each in times.items():
        middle = statistics.median(each)
        ratio = f"   mtail / {reference / middle:.1f}" if reference and middle else ""
        print(f"  {name:16} {middle:7.3f} us of CPU a line (best {min(each):.3f}){ratio}", flush=True)


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
    heap.keep()  # as the commands do
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(f"{machine()}; {rounds} rounds, medians")
    start = starts(rounds)
    print("for an empty file: " + ", ".join(f"{name} {cpu:.2f} s of CPU" for name, cpu in start.items()))
    with tempfile.TemporaryDirectory() as directory:
        for name, share, envelope in (
            ("all", 1.0, "plain"), ("one-in-ten", 0.1, "plain"), ("all-docker", 1.0, "docker"),
            ("one-in-ten-docker", 0.1, "docker"),
        ):  # fmt: skip
            path = Path(directory) / f"{name}.log"
            truth = logs.write(path, count, share, 1, docker=envelope == "docker")
            measure(path, truth, "docker" if envelope == "docker" else "plain", rounds, start)
            if name == "all":
                pyparsing_alone(path)


if __name__ == "__main__":
    main()
