"""Takes the README's screenshots: a daemon on a log of a bad morning, photographed by Debian's chromium.

    python docs/screenshots.py [DIRECTORY]

Needs the development dependencies and /usr/bin/chromium. The log is simulated: a day of ordinary pushes, and a
certificate that expired 54 minutes ago. Nothing leaves this host, and nothing but the pictures stays behind.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from logwatch.simulate import Mesibo, Mix, Outcome, write

MINUTES = 54  # since the certificate expired
RATE = 0.6  # pushes a second
SHOTS: dict[str, dict[str, Any]] = {
    "status.png": {"viewport": {"width": 1280, "height": 1150}},
    "status-dark.png": {"viewport": {"width": 1280, "height": 1150}, "color_scheme": "dark"},
    "status-phone.png": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}


def bad_morning(path, now):
    """Write the log."""
    ordinary = Mesibo(7, mix=Mix(push=1.0, failures=0.05, hostile=0.0))
    with path.open("wb") as log:
        before = 24 * 3600 - MINUTES * 60
        start = now - 24 * 3600
        say = partial(write, ordinary, log, now=time.time, sleep=time.sleep, stopped=lambda: False)
        say(rate=RATE / 8, seconds=before - 7200, start=start)
        say(rate=RATE, seconds=7200, start=start + before - 7200)
        for minute in range(MINUTES, 0, -1):
            at = now - minute * 60
            log.write(ordinary.say(36, at, 60 / 36, [Outcome("apns", 903)]))


def status(url):
    """Ask the daemon how it is."""
    with urllib.request.urlopen(f"{url}api/v1/status", timeout=10) as answer:
        return json.load(answer)


def take(url, directory):
    """Photograph the pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, how in SHOTS.items():
            context = browser.new_context(**how)
            page = context.new_page()
            page.goto(url)
            page.screenshot(path=directory / name)
            if name == "status.png":
                page.locator("section[aria-labelledby=log]").screenshot(path=directory / "error-log.png")
                page.goto(f"{url}codes/912")
                page.locator("main").screenshot(path=directory / "code.png")
            context.close()
        browser.close()


def main():
    """Simulate, follow, photograph, stop."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "images")
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        log, config = Path(scratch) / "mesibo.log", Path(scratch) / "logwatch.toml"
        bad_morning(log, time.time())
        config.write_text(
            f'[[source]]\nname = "mesibo"\npaths = [{json.dumps(str(log))}]\n'
            f'[state]\ndirectory = {json.dumps(scratch + "/state")}\n[web]\nlisten = "127.0.0.1:0"\n'
        )
        daemon = subprocess.Popen(
            [sys.executable, "-m", "logwatch", "run", "--config", str(config)], stderr=subprocess.PIPE, text=True
        )
        try:
            url = next(found[1] for line in daemon.stderr if (found := re.search(r"ready url=(\S+)", line)))
            deadline = time.monotonic() + 120
            while (now := status(url))["sources"][0]["lag_bytes"] or not now["findings"][0]["users"]:
                if time.monotonic() > deadline:
                    sys.exit("the log was never read to its end, or nobody counted whom it has hit")
                time.sleep(0.5)
            time.sleep(2.5)  # the last commit, and an overview that has seen it
            take(url, directory)
        finally:
            daemon.terminate()
            daemon.wait(10)
    print(f"{len(list(directory.glob('*.png')))} pictures in {directory}")


if __name__ == "__main__":
    main()
