"""``run`` as a program: what it loads."""

import subprocess
import sys


def test_the_daemon_loads_no_rich():
    """Tables and colours are for the short commands: they would cost the daemon start and memory."""
    loaded = "import sys, logwatch.cli.run; print('rich' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
