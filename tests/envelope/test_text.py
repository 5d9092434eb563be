"""What is no text is told as what it is, with the command that makes text of it."""

import gzip
import io
import re
import subprocess
import tarfile
import time
from codecs import BOM_UTF8

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logwatch import envelope
from tests.helpers.wrapping import envelope_of, log, owns, payloads

LOG = b"E2511-100000-001 (17): push_on_complete: uid 4711 code 200\n" * 50


def tar(format_):
    """Return an archive of tar's that holds a log."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as archive:
        member = tarfile.TarInfo("var/log/mesibo/m.log")
        member.size = len(LOG)
        archive.addfile(member, io.BytesIO(LOG))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (LOG.decode().encode("utf-16"), "UTF-16"),
        (LOG.decode().encode("utf-16-le"), "UTF-16"),
        (LOG.decode().encode("utf-16-be"), "UTF-16"),
        (b"\x28\xb5\x2f\xfd" + b"x" * 50, "compressed"),
        (b"BZh9" + b"x" * 50, "compressed"),
        (gzip.compress(LOG, mtime=0), "compressed"),
        (bytes(range(1, 32)) * 100, "binary"),
        (tar(tarfile.USTAR_FORMAT), "tar"),
        (tar(tarfile.GNU_FORMAT), "tar"),
        (tar(tarfile.PAX_FORMAT), "tar"),
        (b"\x7fELF\x02\x01\x01\x03\x04\x05", "binary"),
        (b"Nov 25 10:00:00 chat mesibo[12]: [90B blob data]\n" * 200 + LOG, "left out"),
        (b"2026-11-25T10:00:00+0000 chat mesibo[12]: [1.2K blob data]\n" * 20, "left out"),
    ],
)
def test_what_is_no_text_is_named(head, why):
    """UTF-16 with and without its mark, compressed files, archives of tar, programs, a journal without its texts."""
    found = envelope.no_text(head)
    assert found is not None
    assert why in f"{found.what}: {found.why}"


def test_the_remedy_for_an_archive_of_tar_yields_its_lines(tmp_path):
    """What the remedy says to do works with the tar of this machine, packed or not, and gives what was in the log."""
    (tmp_path / "m.log").write_bytes(LOG)
    for options, name in (("cf", "m.log.tar"), ("czf", "m.log.tar.gz")):
        subprocess.run(["tar", options, name, "m.log"], cwd=tmp_path, check=True)
        data = (tmp_path / name).read_bytes()
        found = envelope.no_text(gzip.decompress(data) if name.endswith(".gz") else data)
        assert found is not None
        command = found.remedy.format(name).partition(" | ")[0].split()
        assert subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout == LOG


@pytest.mark.parametrize(
    "head",
    [
        b"",
        LOG,
        BOM_UTF8 + LOG,
        b"\0" * 70000 + LOG,
        LOG[:30] + b"\0" * 5000 + LOG,
        LOG + b"\0\0\0" + LOG,
        "Grüße, 你好\n".encode() * 30,
        b"\x1b[31m" + LOG,
        b"E2511: \xff\xfe\x80\n" * 20,
        LOG * 20 + b"Nov 25 10:00:00 chat mesibo[12]: [90B blob data]\n" * 30,
        log("journal-export", ["E2511-100000-123 (17): push_on_complete: code 200\r"] * 20),
    ],
)
def test_a_log_with_holes_colours_or_any_script_is_text(head):
    """Holes, colours, any script, and journalctl's lengths of blobs do not make a log another kind of file."""
    assert envelope.no_text(head) is None


BEFORE = re.compile(rb"(?m)^(?:\x1b\[[0-9;]*m)+(?:([^\x1b\n]{1,64}?:)(?:\x1b\[[0-9;]*m)+)?")
BEHIND = re.compile(rb"(?m)\r?(?:\x1b\[[0-9;]*m)+\r*$|\r$")
PIECES = [b"\x1b[0m", b"\x1b[36m", b"\x1b[", b"\r", b"\n", b"\n", b"E2511-100000-123 (17):", b":", b"x", b" code 903"]


@example(b"\x1b[0m\x1b[0m\r\r\x1b[0m\r\n\r")
@example(b"\x1b[\x1b[0m\r\r")
@given(st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join))
def test_colours_are_removed_as_by_two_plain_expressions(text):
    """Whichever way is faster, colours before a line, after its front, and at its end are removed alike."""
    assert envelope.uncoloured(text) == BEHIND.sub(b"", BEFORE.sub(rb"\1", text))


def test_colours_cost_no_more_the_more_there_are():
    """A line of nothing but colours is gone through once: ten times as many take no hundred times as long."""

    def cost(count):
        text = b"x" + b"\x1b[0m" * count + b"x\n"
        start = time.thread_time()
        for _ in range(5):
            envelope.uncoloured(text)
        return time.thread_time() - start

    assert min(cost(20_000) for _ in range(3)) < 50 * max(min(cost(2000) for _ in range(3)), 1e-4)


@pytest.mark.parametrize(
    ("line", "limit", "kept"),
    [
        (b"code 404", 8, b"code 404"),
        (b"code 404 x", 8, b"code 404"),
        (b"code 404", 7, b"code "),
        (b"code 404.5", 8, b"code "),
        (b"code 404\xc3\xa9", 8, b"code "),
        (b'{"a":410}', 7, b'{"a":'),
        (b"token " + b"x" * 100, 90, b"token " + b"x" * 84),
        (b"x" * 9, 4, b"x" * 4),
    ],
)
def test_a_line_that_is_cut_short_ends_in_no_half_word(line, limit, kept):
    """Half a code is another one: 40 of 404."""
    assert envelope.shortened(line, limit) == kept


@pytest.mark.parametrize("begin", ["#033[", "^[["])
@pytest.mark.parametrize("name", ["syslog-3164", "syslog-3339", "syslog-5424"])
def test_colours_that_a_syslog_daemon_has_escaped_are_colours(name, begin):
    """Around a line and behind its front, as those are that nobody has escaped; within a text of a user they stay."""
    own = "E2511-100000-123 (17):"
    said = [
        f"{begin}0;32m{own} push_on_complete: code 200{begin}0m",
        f"{begin}1m{own}{begin}0m push_on_complete: code 404",
        f"{own} on_message: {begin}0m{own} push_on_complete: code 903 {begin}1mx",
        f"on_message: {begin}0m{own} push_on_complete: code 903",
        f"{own} on_message: \x1b[0m#033[0m^[[0m x",
        f"{own} on_message: \x1b[0m x",
    ]
    plain = [f"{own} push_on_complete: code 200", f"{own} push_on_complete: code 404", *said[2:]]
    data = log(name, said)
    found = envelope.decide(log(name, said[:1] * 60), owns)
    assert found == envelope_of(name)
    assert payloads(data, found) == [each.encode() for each in plain]
    taken = envelope.taken_out(data, found)
    assert taken is not None
    assert taken.text.decode().splitlines() == plain
    assert not envelope.frame(data, found).fits(data)
    assert payloads(log("cri", said), envelope_of("cri")) == [each.encode() for each in said]


@pytest.mark.parametrize("end", ["#015", "^M"])
@pytest.mark.parametrize("name", ["syslog-3164", "syslog-3339", "syslog-5424"])
def test_a_carriage_return_that_a_syslog_daemon_has_escaped_is_no_part_of_a_line(name, end):
    """Each line of a container with a terminal ends in one; behind colours, too, and nowhere else."""
    own = "E2511-100000-123 (17): push_on_complete: code 404 type fcm"
    said = [f"{own}{end}", f"{own}#033[0m{end}", f"{own} user a{end}b", f"{own}{end} ", own]
    plain = [own, own, *said[2:]]
    data = log(name, said)
    found = envelope_of(name)
    assert payloads(data, found) == [each.encode() for each in plain]
    taken = envelope.taken_out(data, found)
    assert taken is not None
    assert taken.text.decode().splitlines() == plain
    assert not envelope.frame(data, found).fits(data)
    assert envelope.frame(log(name, said[2:3]), found).fits(log(name, said[2:3]))


@given(
    st.lists(st.lists(st.sampled_from(["\x1b[31m", "\x1b[0m", "\x1b", "a", "x:", "\r", " "]), max_size=6), max_size=8)
)
def test_colours_come_off_each_line_as_if_it_stood_alone(lines):
    """Colours inside one line, around another, none in most: what stands beside a line changes nothing of it."""
    texts = ["".join(line).encode() for line in lines]
    together = envelope.uncoloured(b"".join(text + b"\n" for text in texts))
    assert together == b"".join(envelope.uncoloured(text + b"\n") for text in texts)
