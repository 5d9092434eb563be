import gzip
import lzma
import os
import random
import socket
from contextlib import suppress

import pytest

from logwatch.regular_file import NotAFileError, open_regular
from logwatch.tail import files
from logwatch.tail.candidates import Archive, Unpacking
from logwatch.tail.files import CorruptError, PackedFile, PlainFile, stat_at, stat_of
from logwatch.tail.uncompressed import SeekingError
from logwatch.unpack import format_of


def older_xz(data):
    return lzma.compress(data, format=lzma.FORMAT_ALONE)


@pytest.fixture
def packed(tmp_path):
    """Open a file of these compressed bytes."""
    opened = []

    def make(data):
        path = tmp_path / "x.gz"
        path.write_bytes(data)
        file = PackedFile(open_regular(str(path))[0])
        opened.append(file)
        return file, path

    yield make
    for file in opened:
        file.close()


@pytest.mark.parametrize("kind", ["directory", "pipe", "socket", "device", "loop"])
def test_what_is_no_file_is_an_error_at_once(tmp_path, kind):
    """Opening never waits, whatever stands there, and a pipe's writer is not woken."""
    path = str(tmp_path / "x")
    server = socket.socket(socket.AF_UNIX)
    if kind == "directory":
        os.mkdir(path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        server.bind(path)
    elif kind == "device":
        path = "/dev/null"
    else:
        os.symlink(path, path)
    with pytest.raises(OSError) as error:  # noqa: PT011 - the type is what is asserted
        open_regular(path)
    assert isinstance(error.value, NotAFileError) == (kind != "loop")
    server.close()


def test_short_reads_are_no_end(tmp_path, monkeypatch):
    """A system that gives less than was asked for is asked again."""
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    pread = os.pread
    monkeypatch.setattr(files.os, "pread", lambda fd, count, offset: pread(fd, min(count, 3), offset))
    file = PlainFile(open_regular(str(path))[0])
    assert file.read_at(1, 8) == b"12345678"
    assert file.read_at(8, 8) == b"89"
    file.close()


def test_an_archive_is_read_like_a_file(packed):
    """Runs of bytes at growing offsets come out as they went in, and going back works too."""
    data = os.urandom(300_000)
    file, _ = packed(gzip.compress(data))
    assert file.read_at(0, 1000) == data[:1000]
    assert file.read_at(744, 100_256) == data[744:101_000]
    assert file.read_at(0, 10) == data[:10]
    assert file.read_at(299_990, 100) == data[299_990:]
    assert file.ended()


@pytest.mark.parametrize("padding", [1, 512, 65536 - 24, 200_000])
def test_members_that_follow_and_padding_are_read_on(packed, padding):
    """An archive may have several members, with zeros between and behind them."""
    file, _ = packed(gzip.compress(b"one\n") + b"\0" * padding + gzip.compress(b"two\n") + b"\0" * padding)
    assert file.read_at(0, 100) == b"one\ntwo\n"
    assert file.ended()


def skippable(first, data):
    """Return a frame that decoders of zstd skip (RFC 8878, 3.1.2): pzstd writes one before each of its own."""
    return bytes((first,)) + b"\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


def test_frames_of_zstd_that_are_to_be_skipped_are(tmp_path):
    """Wherever they stand: in front, between frames, behind the last."""
    zstandard = pytest.importorskip("zstandard")
    one, two = zstandard.compress(b"one\n"), zstandard.compress(b"two\n")
    data = skippable(0x50, b"size") + one + skippable(0x5F, b"") + two + skippable(0x57, bytes(300))
    path = tmp_path / "x.zst"
    path.write_bytes(data)
    assert format_of(data) == "zstd"
    file = PackedFile(open_regular(str(path))[0], "zstd")
    assert file.read_at(0, 100) == b"one\ntwo\n"
    assert file.ended()
    file.close()


def test_an_archive_that_is_being_written_is_read_as_far_as_it_is(packed):
    """What is there is read, and what comes later is too."""
    data = os.urandom(50_000)
    whole = gzip.compress(data)
    file, path = packed(whole[:20_000])
    first = file.read_at(0, 100_000)
    assert data.startswith(first)
    assert first
    assert not file.ended()
    with open(path, "ab") as more:
        more.write(whole[20_000:])
    assert file.read_at(0, 100_000) == data
    assert file.ended()


def test_damage_is_an_error(packed):
    """A damaged archive raises an error, unlike an unfinished one."""
    whole = bytearray(gzip.compress(os.urandom(50_000)))
    whole[30_000:30_100] = b"\0" * 100
    file, _ = packed(bytes(whole))
    with pytest.raises(CorruptError):
        file.read_at(0, 100_000)


def test_the_way_to_a_far_offset_is_gone_in_steps(packed):
    """Unpacking gigabytes does not hold up a turn."""
    file, _ = packed(gzip.compress(b"0123456789abcdef" * 1_000_000))
    seeking = 0
    while True:
        try:
            data = file.read_at(15_999_984, 16)
        except SeekingError:
            seeking += 1
        else:
            break
    assert data == b"0123456789abcdef"
    assert seeking >= 3


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, older_xz], ids=["gzip", "xz", "lzma"])
@pytest.mark.parametrize("size", [1, 255, 257, 262_143, 262_144, 262_145, 270_000, 319_230, 600_000])
def test_an_archive_is_measured_to_its_last_bytes(tmp_path, size, pack):
    """However much is unpacked in one step: its length, and the run before its end."""
    content = random.Random(size).randbytes(size // 2 + 1).hex().encode()[:size]
    path = tmp_path / "m.log.1.gz"
    path.write_bytes(pack(content))
    unpacking = Unpacking()
    archive = Archive(str(path), format_of(path.read_bytes()[:6]), stat_at(str(path)), unpacking=unpacking)
    found = None
    while found is None:
        unpacking.begin()  # as each look does, however little a busy machine does in one
        with suppress(SeekingError):
            found = archive.size()
    assert found == size
    assert archive.run(max(size - 256, 0), 256) == content[-256:]


def test_of_a_damaged_archive_no_more_is_read_than_its_sums_prove(packed):
    """The members before the damage are whole; what deflate makes of the damaged one is nobody's."""
    first, second = b"of the first member\n" * 500, gzip.compress(random.Random(0).randbytes(5000))
    damaged = bytearray(gzip.compress(first) + second)
    damaged[-2000:-1990] = b"\0" * 10
    _, path = packed(bytes(damaged))
    descriptor, status = open_regular(str(path))
    archive = Archive(str(path), "gzip", stat_of(status), unpacking=Unpacking())
    with pytest.raises(SeekingError):  # it may still be written
        archive.size()
    assert archive.intact == len(first)
    file = PackedFile(descriptor, intact=archive.intact)
    with pytest.raises(CorruptError):
        file.read_at(0, 100_000)
    assert file.reached == len(first)
    assert file.read_at(0, len(first)) == first
    file.close()


def test_of_what_was_packed_twice_what_stands_before_damage_is_read(packed, tmp_path):
    """Where the outer archive was cut off, or is still being written, all that comes out of it is unpacked again."""
    content = random.Random(1).randbytes(100_000).hex().encode()
    whole = gzip.compress(gzip.compress(content))
    path = tmp_path / "m.log.1.gz.1.gz"
    path.write_bytes(whole[: len(whole) // 2])
    file = PackedFile(open_regular(str(path))[0], within=("gzip",))
    part = file.read_at(0, 1 << 20)
    assert content.startswith(part)
    assert len(content) // 3 < len(part) < len(content)
    assert not file.ended()
    path.write_bytes(whole)
    assert part + file.read_at(len(part), 1 << 20) == content
    assert file.ended()
    path.write_bytes(whole[:5000] + b"damage" * 9 + whole[5054:])
    with pytest.raises(CorruptError):
        file.read_at(0, 1 << 20)
    assert not file.ended()
    file.close()


def test_a_file_that_is_nothing_but_a_hole_is_not_read_through(tmp_path):
    """Truncate -s 1G makes a file of a gibibyte of which no byte is there: it takes a read, not a second of CPU."""

    class Counting(PlainFile):
        reads = 0

        def read_at(self, offset, count):
            self.reads += 1
            return super().read_at(offset, count)

    path = tmp_path / "m.log"
    path.touch()
    os.truncate(path, 1 << 30)
    file = Counting(open_regular(str(path))[0])
    assert file.head() == (b"", 1 << 30)
    assert file.reads == 1
    file.close()
