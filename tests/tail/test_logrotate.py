"""Debian's own logrotate, with the options that operators use, against a writer that reopens or keeps its file."""

import itertools
import os
import shutil
import subprocess
import time

import pytest

from tests.helpers.recorder import caught_up

LOGROTATE = shutil.which("logrotate", path="/usr/sbin:/usr/bin:/sbin")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not LOGROTATE and not os.environ.get("CI"), reason="logrotate is not installed"),
]

WAYS = ("create", "copytruncate", "nocreate", "copy")
PACKING = ("nocompress", "compress", "compress\ndelaycompress")
NAMES = ("nodateext", "dateext", "extension .log")


def let_a_day_pass(logs, n):
    """Put the date of another day on what was rotated today: one day has room for one rotation."""
    today = time.strftime("%Y%m%d")
    for name in os.listdir(logs):
        if today in name:
            os.rename(logs / name, logs / name.replace(today, f"202601{n + 1:02}"))


@pytest.mark.parametrize("patterns", ["mesibo.log", "mesibo*log*"])
@pytest.mark.parametrize("names", NAMES, ids=["numbers", "dates", "extension"])
@pytest.mark.parametrize("packing", PACKING, ids=["plain", "compress", "delaycompress"])
@pytest.mark.parametrize("way", WAYS)
def test_logrotate_is_followed_exactly(tmp_path, way, packing, names, patterns):
    """Six rotations, with lines written before and after each and the daemon looking, away or killed: exact."""
    logs = tmp_path / "logs"
    logs.mkdir()
    path = logs / "mesibo.log"
    configuration = tmp_path / "logrotate.conf"
    configuration.write_text(f"su root root\n{path} {{\nrotate 20\nmissingok\nifempty\n{way}\n{packing}\n{names}\n}}\n")
    os.chmod(configuration, 0o644)
    os.chmod(logs, 0o755)
    written = []
    number = itertools.count()

    def write(file, count):
        for _ in range(count):
            stamp = b"E2211-%06d-%03d" % divmod(next(number), 1000)
            line = stamp + b" (1): push_on_complete code 200 " + os.urandom(9).hex().encode()
            written.append(line)
            file.write(line + b"\n")

    file = open(path, "ab", buffering=0)  # noqa: SIM115
    write(file, 30)
    follower = caught_up(logs / patterns)
    follower.commit()
    for n in range(6):
        write(file, 20)
        if n == 2:
            follower.turn()
            follower.commit()
        with follower.away(n == 3):
            subprocess.run(
                [LOGROTATE, "--force", "--state", tmp_path / "state", configuration], check=True, capture_output=True
            )
            if "dateext" in names:
                let_a_day_pass(logs, n)
            if way in ("create", "nocreate") and packing == "nocompress":
                write(file, 3)
            if way in ("create", "nocreate"):
                file.close()
                file = open(path, "ab", buffering=0)  # noqa: SIM115
            write(file, 10)
        if n in (0, 3, 4):
            follower.turn()
        if n == 4:
            follower.kill()
            follower.start()
    file.close()
    follower.turn()
    follower.wait(11, 700, 1)
    follower.tail.close()
    assert dict(follower.sink.lines) == dict.fromkeys(written, 1)
    assert (follower.lost, follower.missed) == (0, 0)
