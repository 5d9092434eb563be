"""A glance at files says what the daemon will make of them."""

import gzip
import os
from zoneinfo import ZoneInfo

from logwatch.glance import glance
from logwatch.parse import Scanner, load
from tests.helpers.wrapping import log

OWNS = Scanner(load("mesibo"), timezone=ZoneInfo("UTC")).owns
PUSHES = [f"E2511-{100000 + i}-001 (17): push_on_complete: code 200" for i in range(9)]


def test_files_are_counted_by_the_envelope_of_their_lines(tmp_path):
    """Packed ones as well; those without a line of mesibo's are reported as such."""
    contents = [log("cri", PUSHES), gzip.compress(log("cri", PUSHES)), log("docker", PUSHES), b"text\n", b""]
    paths = []
    for i, content in enumerate(contents):
        paths.append(str(tmp_path / f"{i}.log"))
        (tmp_path / f"{i}.log").write_bytes(content)
    found = glance([*paths, str(tmp_path / "missing")], OWNS, "auto")
    assert found == "cri (2), docker (1), no line of mesibo's yet (2)"
    assert glance(paths[:1], OWNS, "auto") == "cri"
    assert glance(paths[3:], OWNS, "auto") == ""


def test_what_is_no_text_is_left_out(tmp_path):
    """UTF-16 in one file says nothing about the others, and is reported where files are checked."""
    (tmp_path / "wide.log").write_bytes("\n".join(PUSHES).encode("utf-16"))
    (tmp_path / "m.log").write_bytes(log("cri", PUSHES))
    assert glance([str(tmp_path / "wide.log"), str(tmp_path / "m.log")], OWNS, "auto") == "cri"


def test_what_is_no_file_is_neither_read_nor_waited_for(tmp_path):
    """A pipe that nobody writes into, and a device without an end, may match a pattern."""
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "zero.log").symlink_to("/dev/zero")
    assert glance([str(tmp_path / "pipe.log"), str(tmp_path / "zero.log"), str(tmp_path)], OWNS, "auto") == ""
