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
    assert str(found) == "cri (2), docker (1), no line of mesibo's yet (2)"
    assert str(glance(paths[:1], OWNS, "auto")) == "cri"
    assert found.problems == ()


def test_what_is_no_log_is_a_problem_with_its_remedy(tmp_path):
    """UTF-16 with the command that makes text of it."""
    path = tmp_path / "m.log"
    path.write_bytes("\n".join(PUSHES).encode("utf-16"))
    (problem,) = glance([str(path)], OWNS, "auto").problems
    assert "UTF-16" in str(problem)
    assert f"iconv -f UTF-16 -t UTF-8 {path}" in problem.try_


def test_what_is_no_file_is_neither_read_nor_waited_for(tmp_path):
    """A pipe that nobody writes into, and a device without an end, may match a pattern."""
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "zero.log").symlink_to("/dev/zero")
    found = glance([str(tmp_path / "pipe.log"), str(tmp_path / "zero.log"), str(tmp_path)], OWNS, "auto")
    assert (found.files, found.problems) == (0, ())
