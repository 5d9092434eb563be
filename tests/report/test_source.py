"""What a report is about is opened whatever it is, or it is said why not."""

import bz2
import gzip
import io
import lzma
import os
import socket
import threading
from pathlib import Path

import pytest

from logwatch import unpack
from logwatch.report import Unreadable, open_path, open_stream, source

TEXT = b"E2211-101500-123 (17): push_on_complete: code 200\n" * 5000


def read(path):
    with open_path(path) as stream:
        return b"".join(stream.chunks)


def refused(path):
    """Return what is said, and how much could be read before."""
    got: list[bytes] = []
    with pytest.raises(Unreadable) as caught, open_path(path) as stream:
        got.extend(stream.chunks)
    (problem,) = caught.value.problems
    return str(problem).replace(str(path.parent), "DIR"), b"".join(got)


def put(path, content):
    path.write_bytes(content)
    return path


def test_a_plain_file_is_read_as_it_is(tmp_path):
    """Every byte, and its time and size."""
    path = put(tmp_path / "m.log", TEXT)
    os.utime(path, (1000.5, 1000.5))
    with open_path(path) as stream:
        assert b"".join(stream.chunks) == TEXT
        assert (stream.reference, stream.size, stream.passed()) == (1000.5, len(TEXT), len(TEXT))


def test_gzip_is_recognised_by_its_bytes_and_not_by_its_name(tmp_path):
    """A renamed archive, several members, and zeros after them are read like logrotate's .gz."""
    members = gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]) + bytes(512)
    assert read(put(tmp_path / "m.log.1", members)) == TEXT


def test_well_packed_data_comes_in_pieces(tmp_path):
    """A hundred megabytes of blanks in a small file never lie in memory together."""
    path = put(tmp_path / "m.gz", gzip.compress(b" \n" * 50_000_000, 1))
    with open_path(path) as stream:
        assert max(len(chunk) for chunk in stream.chunks) < 2 << 20


def test_progress_is_counted_in_bytes_on_disk(tmp_path):
    """What has passed is comparable with the size, for packed files too."""
    path = put(tmp_path / "m.gz", gzip.compress(os.urandom(2_000_000).hex().encode() + b"\n"))
    with open_path(path) as stream:
        first = stream.passed()
        list(stream.chunks)
        assert 0 < first < stream.passed() == stream.size


def test_an_empty_file_has_no_lines(tmp_path):
    """An empty file is no error."""
    assert read(put(tmp_path / "m.log", b"")) == b""


def test_a_pipe_is_read_to_its_end(tmp_path):
    """`report <(zstdcat m.zst)` gives a pipe with a name."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(TEXT,))
    writer.start()
    assert read(path) == TEXT
    writer.join()


def test_standard_input_may_be_packed_too():
    """Compressed standard input is unpacked."""
    assert b"".join(open_stream("-", io.BytesIO(gzip.compress(TEXT))).chunks) == TEXT


def test_a_missing_file_is_reported_with_what_is_there(tmp_path):
    """Most often it is a slip of the pen."""
    put(tmp_path / "mesibo.log", TEXT)
    message, _ = refused(tmp_path / "mesbo.log")
    assert message == "DIR/mesbo.log: there is no such file\n  try: in DIR there is mesibo.log"
    for day in range(20, 29):
        put(tmp_path / f"mesibo.log-202611{day}", TEXT)
    message, _ = refused(tmp_path / "mesbo.log")
    assert "there are mesibo.log, mesibo.log-20261120, " in message
    assert message.endswith(" and 3 more")


def test_a_missing_directory_is_reported(tmp_path):
    """Nothing can be beside it."""
    message, _ = refused(tmp_path / "no" / "m.log")
    assert message.endswith("try: check the path; its directory is not there either")


def test_a_directory_is_reported(tmp_path):
    """The error about a directory says what would work."""
    (tmp_path / "logs").mkdir()
    message, _ = refused(tmp_path / "logs")
    assert message == "DIR/logs: is a directory\n  try: name the files in it, such as DIR/logs/*.log"


def test_a_permission_error_is_reported_in_words(tmp_path, monkeypatch):
    """A file that may not be opened is an error in words."""

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    message, _ = refused(tmp_path / "m.log")
    assert message == ("DIR/m.log: may not be read: permission denied\n  try: run it as a user who may, such as root")


@pytest.mark.parametrize("last", [None, 4096])
def test_a_file_that_cannot_be_read_is_reported_as_that(last):
    """As on a failing disk: Linux lets a process open its own memory, and refuses to read what is not mapped."""
    with pytest.raises(Unreadable) as caught, open_path(Path("/proc/self/mem"), last):
        pytest.fail("nothing is to be had")
    (problem,) = caught.value.problems
    assert str(problem) == "/proc/self/mem: cannot be read any further: Input/output error"


def test_a_socket_is_reported(tmp_path):
    """A file that cannot be opened is an error in the operating system's words."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        message, _ = refused(path)
    assert message == "DIR/s: cannot be opened: No such device or address"


@pytest.mark.parametrize("content", [os.urandom(5000), b"\x7fELF" + bytes(range(256)) * 20, b"a\0" * 3000 + b"\n"])
def test_binary_data_is_no_log(tmp_path, content):
    """Rather than a report of nothing."""
    message, got = refused(put(tmp_path / "m.log", b"\x80" + content))
    assert message == (
        "DIR/m.log: is not a log: it contains binary data\n  try: name a log of mesibo, or of its container"
    )
    assert got == b""


def test_text_in_utf_16_is_reported(tmp_path):
    """PowerShell's > writes it."""
    message, _ = refused(put(tmp_path / "m.log", TEXT.decode().encode("utf-16")))
    assert "iconv -f UTF-16 -t UTF-8 DIR/m.log | mesibo-logwatch report -" in message


def test_hostile_text_is_still_a_log(tmp_path):
    """A few control characters, NUL holes of a truncation, broken UTF-8: not binary."""
    content = bytes(4096) + TEXT + b"E \x1b[2J\x07\0\xff\n"
    assert read(put(tmp_path / "m.log", content)) == content


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress], ids=["bzip2", "xz"])
def test_what_rotation_packs_with_is_unpacked(tmp_path, pack):
    """All formats that the daemon reads are unpacked, also in several members with padding between them."""
    assert read(put(tmp_path / "m.log.1", pack(TEXT))) == TEXT
    assert read(put(tmp_path / "m.log.2", pack(TEXT) + bytes(512) + pack(TEXT))) == TEXT * 2


def test_other_packers_are_named_with_a_remedy(tmp_path):
    """For an unknown compression, the error shows the pipe that unpacks it."""
    message, _ = refused(put(tmp_path / "m.zip", b"PK\x03\x04" + bytes(100)))
    assert message == (
        "DIR/m.zip: is compressed: zip is not unpacked here\n  try: unzip -p DIR/m.zip | mesibo-logwatch report -"
    )


def test_what_no_library_here_unpacks_is_reported_with_a_remedy(tmp_path, monkeypatch):
    """Zstandard is part of Python since 3.14; before, it is a package of its own."""

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(unpack, "import_module", missing)
    path = put(tmp_path / "m.zst", b"\x28\xb5\x2f\xfd" + bytes(100))
    message, _ = refused(path)
    with pytest.raises(Unreadable, match="install the package zstandard"), open_path(path, last=100):
        pass
    assert message == (
        "DIR/m.zst: cannot be unpacked: zstd: install the package zstandard, or run on Python 3.14\n"
        "  try: zstdcat DIR/m.zst | mesibo-logwatch report -"
    )


def test_damaged_gzip_gives_what_comes_before(tmp_path):
    """Lines before the damage count, and the error says how many bytes there were."""
    packed = bytearray(gzip.compress(os.urandom(400_000).hex().encode() + b"\n"))
    packed[300_000] ^= 0xFF
    packed[300_001:300_100] = bytes(99)
    message, got = refused(put(tmp_path / "m.gz", bytes(packed)))
    assert message.startswith("DIR/m.gz: cannot be unpacked any further: it is damaged after ")
    assert got


def test_a_gzip_file_cut_short_gives_what_is_there(tmp_path):
    """It may still be being written."""
    packed = gzip.compress(TEXT)
    path = put(tmp_path / "m.gz", packed[:-20])
    message, got = refused(path)
    assert message.startswith(f"DIR/m.gz: ends too early: after {len(got)} unpacked bytes")
    assert TEXT.startswith(got)
    end: list[bytes] = []
    with pytest.raises(Unreadable, match="ends too early"), open_path(path, last=200) as stream:
        end.extend(stream.chunks)
    assert b"".join(end) == got[len(got) - 201 :].partition(b"\n")[2]


def test_a_name_cannot_write_to_the_terminal(tmp_path):
    """Escape sequences in a file name are shown, not sent to the terminal."""
    message, _ = refused(tmp_path / "\x1b[2J.log")
    assert "\x1b" not in message


@pytest.mark.parametrize("last", [1, 49, 50, 51, 120, len(TEXT) - 1, len(TEXT), len(TEXT) + 9])
@pytest.mark.parametrize("step", [7, source._STEP_BYTES])
def test_of_the_end_of_a_file_whole_lines_are_read(tmp_path, monkeypatch, last, step):
    """Only whole lines within the last bytes are read, and the stream says whether that was all."""
    monkeypatch.setattr(source, "_STEP_BYTES", step)
    size = TEXT.index(b"\n") + 1
    with open_path(put(tmp_path / "m.log", TEXT), last=last) as stream:
        assert b"".join(stream.chunks) == TEXT[: min(last, len(TEXT)) // size * size]
        assert stream.whole is (last >= len(TEXT))


@pytest.mark.parametrize("step", [7, 4096])
def test_the_end_of_a_packed_file_is_read_within_a_bound(tmp_path, monkeypatch, step):
    """Whole lines among the last bytes, as of a plain one; too long or too late, it is refused in words."""
    monkeypatch.setattr(source, "_STEP_BYTES", step)
    monkeypatch.setattr(source, "_UNPACKED_BYTES", step)
    path = put(tmp_path / "m.gz", gzip.compress(TEXT))
    plain = put(tmp_path / "m", TEXT)
    for last in (1, 50, 100, 1000, len(TEXT), 10 * len(TEXT)):
        with open_path(path, last=last) as packed, open_path(plain, last=last) as other:
            assert b"".join(packed.chunks) == b"".join(other.chunks)
            assert (packed.size, packed.whole) == (min(last, len(TEXT)), other.whole)
            assert other.size == other.passed()
    with pytest.raises(Unreadable, match="is packed"), open_path(path, 100, lambda: False):
        pass
    monkeypatch.setattr(source, "_MEASURED_BYTES", len(TEXT) - 1)
    path = put(tmp_path / "m.gz", gzip.compress(TEXT))
    with pytest.raises(Unreadable, match="is packed"), open_path(path, last=100):
        pass
