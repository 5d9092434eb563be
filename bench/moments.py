"""Moments in which lines get lost, played to mesibo-logwatch and to mtail side by side: `python -m bench.moments`.

In: nothing. Out: a table of lines written and lines counted by each, from one run on this machine. Both follow the same
files; mtail polls every 250 ms as it does by default, mesibo-logwatch as configured by default.
"""

import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.daemon import Daemon

SETTLE_SECONDS = 3.0  # longer than any poll or commit of the two
LINE = "E2211-101500-{ms:03} (17): push_on_complete: uid {number} type fcm token abc code 200\n"


class Mtail:
    """A running mtail with the equivalent program."""

    def __init__(self, directory, log):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        programs = directory / "programs"
        programs.mkdir(exist_ok=True)
        shutil.copy(Path(__file__).parent / "mesibo.mtail", programs)
        self.url = f"http://127.0.0.1:{port}/metrics"
        command = ["mtail", "--progs", programs, "--logs", log, "--address", "127.0.0.1", "--port", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                self.counted()
            except OSError:
                time.sleep(0.05)
            else:
                return

    def counted(self):
        with urllib.request.urlopen(self.url, timeout=10) as answer:
            text = answer.read().decode()
        return sum(map(int, re.findall(r"^mesibo_push_results_total\{[^}]*\} (\d+)$", text, re.MULTILINE)))

    def kill(self):
        self.process.kill()
        self.process.wait()


class Logwatch(Daemon):
    """A running mesibo-logwatch."""

    def __init__(self, directory, log):
        super().__init__(directory, log)

    def counted(self):
        return int(self.value("mesibo_push_results_total"))

    def kill(self):
        self.process.kill()
        self.process.wait()


class Scene:
    """A log, its writer, and one follower that may be killed and started again."""

    def __init__(self, directory, follower):
        self.directory = directory
        self.log = directory / "mesibo.log"
        self.log.touch()
        self.follower = follower
        self.running = None
        self.written = 0

    def start(self):
        self.running = self.follower(self.directory, self.log)
        time.sleep(SETTLE_SECONDS)

    def kill(self):
        self.running.kill()

    def write(self, count, name="mesibo.log", mode="a"):
        with (self.directory / name).open(mode) as log:
            for _ in range(count):
                self.written += 1
                log.write(LINE.format(ms=self.written % 1000, number=self.written))

    def rotate(self, number=1):
        self.log.rename(self.directory / f"mesibo.log.{number}")

    def settle(self):
        time.sleep(SETTLE_SECONDS)


def first_start(scene):
    """10 lines that were there at the first start."""
    scene.write(10)
    scene.start()


def killed(scene):
    """Kill -9 after 5 lines, 7 lines while it is down."""
    scene.start()
    scene.write(5)
    scene.settle()
    scene.kill()
    scene.write(7)
    scene.start()


def late(scene):
    """Rename and create, 4 late lines to the renamed file."""
    scene.start()
    scene.write(3)
    scene.settle()
    scene.rotate()
    scene.write(5)
    scene.settle()
    scene.write(4, "mesibo.log.1")


def regrown(scene):
    """copytruncate, regrown past the old offset at once."""
    scene.start()
    scene.write(5)
    scene.settle()
    shutil.copyfile(scene.log, scene.directory / "mesibo.log.1")
    scene.write(20, mode="w")


def twice(scene):
    """Two rotations between two looks, 5 lines in the middle file."""
    scene.start()
    scene.write(3)
    scene.settle()
    scene.rotate(2)
    scene.write(5)
    scene.rotate(1)
    scene.write(2)


def packed(scene):
    """killed, 6 more lines, rotated and gzipped, 2 lines in the new file."""
    scene.start()
    scene.write(5)
    scene.settle()
    scene.kill()
    scene.write(6)
    scene.rotate()
    subprocess.run(["gzip", scene.directory / "mesibo.log.1"], check=True)
    scene.write(2)
    scene.start()


def main():
    print("| moment | written | mtail | mesibo-logwatch |\n|---|---|---|---|")
    for moment in (first_start, killed, late, regrown, twice, packed):
        counted = []
        for follower in (Mtail, Logwatch):
            with tempfile.TemporaryDirectory() as directory:
                scene = Scene(Path(directory), follower)
                moment(scene)
                scene.settle()
                counted.append(scene.running.counted())
                scene.kill()
        print(f"| {moment.__doc__.rstrip('.')} | {scene.written} | {counted[0]} | {counted[1]} |", flush=True)


if __name__ == "__main__":
    main()
