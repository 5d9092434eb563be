"""Fills an engine with hours of the series that dashboards read, as if the fleet had been there all the time.

What there is now is the pattern: each series gets a sample every fifteen seconds of the hours before, counters growing
to what they are, everything else moving around it. Prometheus takes blocks that promtool makes, VictoriaMetrics the
same text over HTTP.
"""

import json
import math
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

from bench.fleet_panels import panels

STEP = 15
PATIENCE = 180.0  # seconds until Prometheus must have seen the blocks: it looks once a minute
COUNTERS = ("_total", "_count", "_sum", "_bucket")

Labels = dict[str, str]


def fill(engine: str, url: str, data: Path, hours: float) -> str:
    """Write a past into an engine of every series that a panel reads, up to where its own begins; say what that took.

    ``data`` is the directory of Prometheus' blocks.
    """
    now = int(time.time()) // STEP * STEP
    series = pattern(url, {name for query in panels(hours) for name in query.names}, now - 30)
    start, end = now - round(hours * 3600), now - 600
    began = time.monotonic()
    if engine == "prometheus":
        into_prometheus(url, data, series, start, end)
    else:
        into_victoria(url, series, start, end)
    return f"  filled {hours:g} h of {len(series)} series in {time.monotonic() - began:.0f} s"


def pattern(url: str, names: Collection[str], at: float) -> list[tuple[Labels, float]]:
    """Return labels (``__name__`` among them) and value of every series of ``names`` that there is at ``at``."""
    query = f'{{__name__=~"{"|".join(sorted(names))}"}}'
    body = urllib.parse.urlencode({"query": query, "time": at}).encode()
    with urllib.request.urlopen(f"{url}/api/v1/query", body, timeout=60) as answer:
        result = json.load(answer)["data"]["result"]
    return [(each["metric"], float(each["value"][1])) for each in result]


def samples(series: list[tuple[Labels, float]], start: int, end: int) -> Iterator[str]:
    """Yield the samples of each series as lines of OpenMetrics, times in seconds."""
    for labels, value in series:
        name = labels["__name__"]
        inner = ",".join(f"{key}={json.dumps(text)}" for key, text in labels.items() if key != "__name__")
        head = f"{name}{{{inner}}} "
        if name.endswith(COUNTERS):
            grown = value / (end - start)
            yield "".join([f"{head}{int(grown * (at - start))} {at}\n" for at in range(start, end, STEP)])
        else:
            phase = zlib.crc32(inner.encode()) % 3600
            yield "".join(
                [f"{head}{value * (1 + math.sin((at + phase) / 600) / 5):.6g} {at}\n" for at in range(start, end, STEP)]
            )


def into_prometheus(url: str, data: Path, series: list[tuple[Labels, float]], start: int, end: int) -> None:
    """Make blocks, move them into ``data``, and wait until they are queried."""
    text, blocks = data.with_name("past.om"), data.with_name("past")
    with text.open("w") as file:
        file.writelines(samples(series, start, end))
        file.write("# EOF\n")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", str(text), str(blocks)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    text.unlink()
    for block in blocks.iterdir():
        shutil.move(block, data / block.name)
    _wait(url, series[0][0], start)


def into_victoria(url: str, series: list[tuple[Labels, float]], start: int, end: int) -> None:
    """Send the same text, with milliseconds for seconds."""
    for text in samples(series, start, end):
        body = text.replace("\n", "000\n").encode()
        with urllib.request.urlopen(f"{url}/api/v1/import/prometheus", body, timeout=60) as answer:
            answer.read()
    _wait(url, series[0][0], start)


def _wait(url: str, labels: Labels, start: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not pattern(url, [labels["__name__"]], start + 10 * STEP):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} does not find {labels} at {start}")
        time.sleep(1)
