"""A thousand events a second for a minute: what scrapes take meanwhile, and whether every event is counted once.

python -m bench.webhook [--seconds 60] [--rate 1000]
"""

import argparse
import itertools
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

PATH = "/webhook/0123456789abcdef0123456789ABCDEF"
BATCH, CALLERS = 20, 16


def body(number):
    events = [
        {
            "type": "push",
            "user": {"uid": number, "address": f"u{number}-{i}"},
            "token": f"{number:032x}{i:032x}",
            "request": {"aps": {"content-available": 1}},
            "response": {"code": 403, "body": '{"reason":"ExpiredProviderToken"}'},
        }
        for i in range(BATCH)
    ]
    call = {"server": "mesibo", "id": number, "v": 2, "aid": 1, "ts": round(time.time() * 1000), "events": events}
    return json.dumps(call).encode()


def post(url, data):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def call(url, rate, numbers, end, answers):
    """Send this caller's share of the calls when each is due; repeat what is not taken."""
    began = time.monotonic()
    for sent in itertools.count():
        due = began + sent * BATCH * CALLERS / rate
        if due > end:
            return
        time.sleep(max(0.0, due - time.monotonic()))
        data = body(next(numbers))
        while (status := post(url, data)) != 200:
            answers.append(status)
            time.sleep(0.2)
        answers.append(status)


def call_all(url, rate, seconds, told):
    """Run every caller, in a process of its own, so that scrapes are held up by the daemon alone."""
    answers, numbers, end = [], itertools.count(1), time.monotonic() + seconds
    callers = [threading.Thread(target=call, args=(url, rate, numbers, end, answers)) for _ in range(CALLERS)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    told.put(answers)


def scrape(url, end):
    times = []
    while time.monotonic() < end:
        began = time.monotonic()
        with urllib.request.urlopen(f"{url}metrics", timeout=30) as answer:
            text = answer.read().decode()
        times.append(time.monotonic() - began)
        time.sleep(0.2)
    return times, text


def told(name, times):
    ordered = sorted(times)
    print(
        f"{name}: {len(times)} scrapes, median {statistics.median(times) * 1000:.0f} ms, 95th percentile"
        f" {ordered[int(0.95 * len(ordered))] * 1000:.0f} ms, longest {ordered[-1] * 1000:.0f} ms"
    )


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--rate", type=float, default=1000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory) / "logwatch.toml"
        (Path(directory) / "mesibo.log").touch()
        config.write_text(
            '[[source]]\nname = "mesibo"\npaths = ["mesibo.log"]\n'
            f'[[source]]\nname = "hook"\nwebhook = {{path = "{PATH}", witness_for = "mesibo"}}\n'
            '[state]\ndirectory = "state"\n[web]\nlisten = "127.0.0.1:0"\n'
        )
        command = [sys.executable, "-m", "logwatch", "run", "--config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as daemon:
            url = next(line.split("url=")[1].strip() for line in daemon.stdout if "ready url=" in line)
            told("before", scrape(url, time.monotonic() + 20)[0])
            processes = multiprocessing.get_context("spawn")
            queue = processes.Queue()
            calling = (url[:-1] + PATH, asked.rate, asked.seconds, queue)
            callers = processes.Process(target=call_all, args=calling)
            callers.start()
            times, _ = scrape(url, time.monotonic() + asked.seconds)
            answers = queue.get(timeout=60)
            callers.join()
            told(f"at {asked.rate:.0f} events a second for {asked.seconds:.0f} s", times)
            _, text = scrape(url, time.monotonic() + 0.1)
            counted = sum(
                float(line.rsplit(" ", 1)[1])
                for line in text.splitlines()
                if line.startswith("mesibo_push_witness_events_total{")
            )
            memory = next(line for line in text.splitlines() if line.startswith("process_resident_memory_bytes"))
            cpu = next(line for line in text.splitlines() if line.startswith("process_cpu_seconds_total"))
            sent = BATCH * answers.count(200)
            refused = len(answers) - answers.count(200)
            print(f"{sent} events answered, {refused} calls to be repeated, {counted:.0f} counted")
            print(f"{float(memory.split()[1]) / 1e6:.0f} MB resident, {float(cpu.split()[1]):.1f} s of CPU in all")
            daemon.terminate()
        if counted != sent:
            sys.exit("not every event was counted once")


if __name__ == "__main__":
    main()
