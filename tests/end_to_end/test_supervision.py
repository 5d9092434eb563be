"""A part that ends unexpectedly ends the process, with a reason, and costs no count."""

import re
import socket
import sys

import pytest

from tests.helpers.running import PATIENCE, Daemon, Program, get, until

pytestmark = pytest.mark.integration

# A daemon in which one part fails on its second look at the log, as a defect of ours or of a library would make it
DRIVER = """
import socket
import sys
from pathlib import Path
from logwatch import logging_setup
from logwatch.config import load
from logwatch.daemon import Daemon
from logwatch.pipeline import Pipeline

part, config = sys.argv[1], Path(sys.argv[2])
logging_setup.configure()
daemon = Daemon(lambda: load(config))
turn, turns = Pipeline.turn, []

def failing(self):
    turns.append(1)
    if len(turns) == 3:
        if part == "web":
            daemon._web._loop.call_soon_threadsafe(daemon._web._loop.stop)
        if part == "web, by a defect":
            daemon._web._loop.run_forever = None
            def fail():
                raise SystemError("a defect")
            daemon._web._loop._run_once = fail
        if part == "observer":
            daemon._waker._inotify.stop()
        if part == "reading":
            self.batch.count("mesibo", "lines", amount=1000)
            raise ValueError("a defect")
    return turn(self)

Pipeline.turn = failing
sys.exit(daemon.run())
"""


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("web", 'part_ended part="the web thread has ended"'),
        ("web, by a defect", r"thread_failed thread=web error=\"SystemError\('a defect'\)\" at="),
        ("reading", r"reading_ended error=\"ValueError\('a defect'\)\" at=\"<string>:\d+ failing\""),
    ],
)
def test_a_part_that_ends_ends_the_process_and_costs_no_count(site, programs, part, reason):
    """The process exits with 1 and says which part and why; what was not committed is read again."""
    site.write(200, 5)
    failing = programs(Program, sys.executable, "-c", DRIVER, part, site.config)
    site.write(903, 3)
    failing.said(reason)
    assert failing.process.wait(PATIENCE) == 1
    failing._reader.join(5)
    assert "Traceback" not in failing.output
    assert re.search(r"^critical: ", failing.output, re.MULTILINE)
    daemon = programs(Daemon, site.config)
    until(lambda: daemon.codes() == {"200": 5, "903": 3}, "everything is counted once")
    assert daemon.total("mesibo_logwatch_lines_total") == 8


def test_a_watcher_that_ends_is_reported_and_polling_goes_on(site, programs):
    """Without inotify, lines count at most a poll interval later."""
    site.write(200, 5)
    daemon = programs(Program, sys.executable, "-c", DRIVER, "observer", site.config)
    url = daemon.said(r"ready url=(\S+)").group(1)
    daemon.said(r"inotify_refused .*instead=polling")
    site.write(903, 3)
    until(lambda: b'code="903"' in get(url + "metrics"), "lines are counted without a watcher")
    assert daemon.process.poll() is None


# A daemon to which SIGTERM comes amid each line that a turn runs of the loop and of what it waits for
SIGNALLED = """
import itertools, signal, sys
from pathlib import Path
from logwatch import logging_setup
from logwatch.config import load
from logwatch.daemon import Daemon

WHERE = ("daemon.py", "wakeup.py", "poll.py", "inotify.py", "threading.py")
logging_setup.configure()
daemon, turn = Daemon(lambda: load(Path(sys.argv[1]))), Daemon._turn

def signalled(self):
    for at in itertools.count():
        lines = 0

        def trace(frame, event, _):
            nonlocal lines
            if event == "line" and frame.f_code.co_filename.endswith(WHERE):
                lines += 1
                if lines == at + 1:
                    signal.raise_signal(signal.SIGTERM)
            return trace

        sys.settrace(trace)
        turn(self)
        sys.settrace(None)
        if lines <= at:
            print(f"signalled at {at} lines", flush=True)
            Daemon._turn = turn
            return
        self._flags.stop = False

Daemon._turn = signalled
sys.exit(daemon.run())
"""


def test_a_signal_amid_any_line_of_a_turn_ends_it(site, programs):
    """Its handler waits for nothing that the turn holds; the turn that it comes in is the last one."""
    daemon = programs(Program, sys.executable, "-c", SIGNALLED, site.config)
    assert int(daemon.said(r"signalled at (\d+) lines").group(1)) > 20
    assert daemon.stop() == 0


# A host whose name server does not answer: the system's own search goes on for longer than any test waits
UNANSWERED = """
import socket
import sys
import time

answer = socket.getaddrinfo

def search(host, *args, **kwargs):
    if host == "collector.example":
        print("searching", flush=True)
        time.sleep(1000)
    return answer(host, *args, **kwargs)

socket.getaddrinfo = search
sys.argv = ["mesibo-logwatch", "run", "--config", sys.argv[1]]
from logwatch.__main__ import main
main()
"""


def test_a_stop_waits_for_no_name_server(site, programs):
    """While the address of an export is searched for, and no answer comes, a stop ends it, with status 0."""
    site.configure('[[export]]\nurl = "http://collector.example/loki/api/v1/push"\n')
    daemon = programs(Program, sys.executable, "-c", UNANSWERED, site.config)
    daemon.said(r"ready url=")
    site.write(410, 1)
    daemon.said(r"^searching$")
    assert daemon.stop() == 0
    assert daemon.said(r"stopped")


def test_a_loop_that_looks_seldom_does_not_starve_the_watchdog(site, programs, tmp_path):
    """With poll_seconds at the watchdog's own minute nothing is written: turns come as often as it has to be fed."""
    site.config.write_text(site.config.read_text().replace("poll_seconds = 0.05", "poll_seconds = 60"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(40)  # less than the minute that a turn would wait
        programs(Daemon, site.config, env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"})
        fed = 0
        while fed < 5:
            fed += b"WATCHDOG=1" in manager.recv(4096)
