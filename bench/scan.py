"""Measure ``report``, the daemon's catch-up and the scanner alone beside mtail, on every family of logs.

    python -m bench.scan [--lines N] [--rounds N] [--family WORD]

Every count of ours is checked against the truth. CPU is user and system time per line; all candidates alternate, so
that a noisy machine is noisy for all. What a program takes for an empty file is left out: a start is no line. The
daemon is measured twice: until every line is counted on disk, and until the failures that it keeps are stored.
"""

import argparse
import json
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC
from functools import partial
from pathlib import Path

from bench.daemon import Daemon
from bench.families import FAMILIES, Family, Key
from bench.measure import cpu_of, machine, memory_of
from bench.measure import run as started
from logwatch import heap
from logwatch.catalogue import Catalogue
from logwatch.dialect.grammar import parse_reference
from logwatch.lines import CHUNK_BYTES
from logwatch.model import Envelope
from logwatch.parse import Reasons, Scanner, load
from logwatch.parse.line_parser import LineParser
from logwatch.report.lines import LineCutter

Found = Counter[Key]
CATALOGUE = Catalogue.load()
KNOWN = {entry.code for entry in CATALOGUE.entries}
OTHER = -1  # stands for the code "other"
PROGRAM = Path(__file__).parent / "mesibo.mtail"
PLATFORMS = {"apn": "apns", "ios": "apns", "voip": "apns", "gcm": "fcm", "android": "fcm", "firebase": "fcm"}
AIMS = {1.0: 5, 0.1: 8}
"""By the share of push lines: how many times less than mtail ``report`` must take."""


def chunks(path: Path, subject: Scanner) -> Iterator[tuple[bytes, Envelope]]:
    """Read a file in chunks as ``report`` does: a message that Docker has split over records is in one of them."""
    lines = LineCutter("auto", subject.owns, subject.max_line_bytes, subject.held)
    with path.open("rb") as file:
        while block := file.read(CHUNK_BYTES):
            yield from lines.take(block)
    yield from lines.rest()


def scanner(path: Path, _family: Family) -> tuple[float, Found]:
    """Scan a file with a scanner that has seen nothing yet; reading it is not measured."""
    grammar = load("mesibo")
    subject = Scanner(grammar, timezone=UTC, reasons=Reasons(entry.reason for entry in CATALOGUE.entries))
    subject.parser = LineParser(grammar)
    found: Found = Counter()
    cpu = 0.0
    for data, wrapped in chunks(path, subject):
        start = time.process_time()
        results = subject.scan(data, envelope=wrapped, reference=1795342500.0).results
        cpu += time.process_time() - start
        for key, seen in results.items():
            found[key] += seen.count
    return cpu, found


def mtail(path: Path, _family: Family) -> tuple[float, Found]:
    """Count the same lines by mtail, once and without reasons."""
    cost = started("mtail", "--port", 0, "--one_shot", "--logs", path, "--progs", PROGRAM)
    values = json.loads(cost.output[cost.output.index("{") :])["mesibo_push_results_total"][0].get("LabelValues", [])
    found: Found = Counter()
    for each in values:
        platform, code = each["Labels"]
        platform = platform.strip('",').lower()
        found[PLATFORMS.get(platform, platform), int(code), ""] += each["Value"]["Value"]
    return cost.cpu, found


def report(path: Path, _family: Family) -> tuple[float, Found]:
    """Count a file by ``report``, as a command."""
    findings = 1  # lines that nobody can read are some
    cost = started(sys.executable, "-m", "logwatch", "report", "--format", "json", path, fine=(0, findings))
    rows = json.loads(cost.output)["results"]
    return cost.cpu, Counter({(row["platform"], row["code"], row["reason"]): row["count"] for row in rows})


PEAK_MB: list[float] = []
"""Resident memory of each daemon when it had caught up."""


def daemon(path: Path, _family: Family, *, detailed: bool = False) -> tuple[float, Found]:
    """Time the daemon with a file: read, counted, committed, and shown once, or also all failures stored."""
    with tempfile.TemporaryDirectory() as directory:
        running = Daemon(Path(directory), path)
        running.until_committed(sum(1 for _ in path.open("rb")), detailed=detailed)
        text, cpu = running.metrics(), cpu_of(running.process.pid)
        PEAK_MB.append(memory_of(running.process.pid)[0])
        running.stop()
    found: Found = Counter()
    for labels, value in re.findall(r"^mesibo_push_results_total\{(.*?)\} (\S+)$", text, re.MULTILINE):
        told = dict(re.findall(r'(\w+)="(.*?)"', labels))
        if float(value):
            code = OTHER if told["code"] == "other" else int(told["code"])
            found[told["platform"], code, told["reason"]] += int(float(value))
    return cpu, found


CANDIDATES: dict[str, Callable[[Path, Family], tuple[float, Found]]] = {
    "scanner": scanner,
    "report": report,
    "daemon": daemon,
    "detailed": partial(daemon, detailed=True),
    "mtail": mtail,
}


def shown(truth: Found, *, one_other: bool = False) -> Found:
    """Return what is counted where reasons are those of the catalogue, or none; ``one_other``: and unknown codes one.

    The daemon exports the first of those by number, and the rest as one.
    """
    found: Found = Counter()
    for (platform, code, reason), count in truth.items():
        number = OTHER if one_other and code not in KNOWN else code
        found[platform, number, CATALOGUE.reason(platform, code, reason)] += count
    return found


def measure(path: Path, family: Family, truth: Found, names: list[str], rounds: int) -> dict[str, float]:
    """Return the microseconds of CPU a line of each candidate (medians), and the share that mtail counted right.

    A start is measured beside each: others on the machine make both dearer.
    """
    empty = path.with_name("empty.log")
    empty.touch()
    lines = sum(1 for _ in path.open("rb"))
    times: dict[str, list[float]] = {name: [] for name in names}
    right = 0.0
    for _ in range(rounds):
        for name in names:
            nothing = CANDIDATES[name](empty, family)[0]
            cpu, found = CANDIDATES[name](path, family)
            times[name].append((cpu - nothing) / lines * 1e6)
            if name == "mtail":
                bare: Found = Counter()
                for (platform, code, _reason), count in truth.items():
                    bare[platform, code, ""] += count
                right = (found & bare).total() / truth.total()
                continue
            told, expected = (shown(each, one_other=name in ("daemon", "detailed")) for each in (found, truth))
            if told != expected:
                wrong = [(told - expected).most_common(5), (expected - told).most_common(5)]
                sys.exit(f"{family.name}: {name} counted {wrong[0]} too many, {wrong[1]} too few")
    return {name: statistics.median(each) for name, each in times.items()} | {"right": right}


def pyparsing_alone(path: Path) -> float:
    """Return the microseconds that pyparsing itself takes for a push line, over a few."""
    grammar = load("mesibo")
    some = [line for line in path.read_bytes()[:100_000].split(b"\n")[:-1] if grammar.marker in line]
    start = time.process_time()
    for line in some:
        parse_reference(grammar, line)
    return (time.process_time() - start) / len(some) * 1e6


def row(*cells: str) -> str:
    """Write one line of a Markdown table."""
    return f"| {cells[0]:34} | {' | '.join(f'{cell:>8}' for cell in cells[1:])} |"


def costs(family: Family, cost: dict[str, float]) -> str:
    """Write the line of a family; a ratio that misses its aim is in bold."""
    ratio = cost.get("mtail", 0.0) / cost["report"] if cost["report"] > 0 else 0.0
    beside = f"1/{ratio:.1f}" if ratio else ""
    missed = 0 < ratio < AIMS.get(family.share, 8)
    times = [f"{cost[name]:.2f}" if name in cost else "" for name in CANDIDATES]
    to_report = [f"{cost[name] / cost['report']:.2f}" for name in ("daemon", "detailed")]
    return row(family.name, *times, f"**{beside}**" if missed else beside, *to_report)


def main() -> None:
    """Generate the logs, measure, print the worst first."""
    heap.keep()  # as the commands do
    heap.collect_seldom()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--family", default="", help="only those with this in their names")
    asked = parser.parse_args()
    names = [name for name in CANDIDATES if name not in ("mtail", "scanner") or shutil.which(name)]
    names.insert(0, "scanner")
    print(f"{machine()}; {asked.lines} lines, {asked.rounds} rounds, medians")
    found = []
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "mesibo.log"
        for family in FAMILIES:
            if asked.family in family.name:
                truth = family.log(path, asked.lines)
                found.append((family, measure(path, family, truth, names, asked.rounds)))
                print(costs(*found[-1]), flush=True)
        if FAMILIES[0] in [family for family, _ in found]:
            FAMILIES[0].log(path, 1000)
            print(f"pyparsing itself: {pyparsing_alone(path):.0f} us a push line")
    print("\nworst first:\n")
    print(row("us of CPU a line", *CANDIDATES, "report to mtail", "daemon to report", "detailed to report"))
    print(f"|{'---|' * (len(CANDIDATES) + 4)}")
    for each in sorted(found, key=lambda each: each[1].get("mtail", 0.0) / each[1]["report"]):
        print(costs(*each))
    if "mtail" in names:
        missed = [f"{family.name} {1 - cost['right']:.0%}" for family, cost in found if cost["right"] < 1]
        print(f"\nlines that mtail does not count: {', '.join(missed) or 'none'}")
    print(f"the daemons' memory after catching up: {max(PEAK_MB):.0f} MB at most")


if __name__ == "__main__":
    main()
