"""What the daemon reads lines with changes how long it takes, is said once at its start, and changes no count."""

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.helpers.running import Program, get, until

pytestmark = pytest.mark.integration

# A daemon without PCRE2, one that may not make memory executable, as under MemoryDenyWriteExecute=, or one as it is
DRIVER = """
import ctypes, sys
from logwatch.cli import main
from logwatch.compile import pcre2

how = sys.argv.pop(1)
if how == "missing":
    pcre2.LIBRARY = "libpcre2-8.so.none"
if how == "interpreted" and ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN
    print("this kernel cannot", flush=True)
    sys.exit()
main()
"""


@pytest.mark.parametrize(
    ("how", "event"),
    [
        ("missing", r"^warning: .*pcre_missing .*library=libpcre2-8\.so\.none .*remedy="),
        ("interpreted", r"^info: .*pcre_interprets .*consequence="),
        ("as it is", None),
    ],
)
def test_it_says_once_what_slows_reading_and_counts_the_same(site, programs, how, event):
    """Without PCRE2 it warns; where it makes no machine code it says so; else it says nothing, and never twice."""
    site.write(200, 5)
    daemon = programs(Program, sys.executable, "-c", DRIVER, how, "run", "--config", site.config)
    started = daemon.said(r"ready url=(\S+)|this kernel cannot")
    if not started.group(1):
        pytest.skip("Linux before 6.3")
    site.write(903, 300)
    total = re.compile(rb'^mesibo_push_results_total\{.*code="903".* 300\.0$', re.MULTILINE)
    until(lambda: total.search(get(started.group(1) + "metrics")), "all are counted")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.said("reloaded")
    assert len(re.findall("pcre_", daemon.output)) == (event is not None)
    if event:
        assert daemon.output.index(daemon.said(event).group()) < daemon.output.index("ready url")
    assert ("rwxp" in Path(f"/proc/{daemon.process.pid}/maps").read_text()) is (event is None)
