"""A rotating writer that takes steps between any two system calls of a look: every race, and each one again."""

import contextlib
import ctypes
import gzip
import itertools
import os
import random
import shutil
import time
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import pytest

from logwatch.tail import candidates
from tests.helpers.recorder import append, caught_up

CALLS = ("stat", "lstat", "fstat", "open", "pread", "lseek", "close", "scandir", "readlink")
WAYS = ("rename", "late", "compress", "copytruncate")
FIELD = ("punch", "collapse", "hole", "copy", "trim", "members", "suffix", "clutter")
PATTERNS = ("mesibo.log", "mesibo.log*")
BANNER = [b"Licence clause %03d: this program comes without any warranty." % n for n in range(51)]  # 3 KiB
PUNCH, COLLAPSE = 0x03, 0x08  # modes of fallocate(2)
BLOCK = 4096
SHORT = 0  # the seed of a script that shows what was wrong once


class Rotator:
    """Writes lines and rotates its log, one system call a step, and knows what it wrote."""

    def __init__(self, path, seed, ways, rounds, most_lines=30):
        self.path = path
        self.random = random.Random(seed)
        self.pace = self.random.choice((0.02, 0.1, 0.3, 0.6))  # steps for each system call of the follower's
        self.ways = ways
        self.most_lines = most_lines
        self.written = []
        self.kept = 0
        self.over = self.busy = False
        self.awaited = ""  # what the daemon is to do before the next step: a "look", or a "commit" too
        self.append = "hole" not in ways or self.random.random() < 0.5
        self.banner = bool(set(FIELD) & set(ways)) and self.random.random() < 0.3
        self._steps = self._run(rounds)

    def step(self):
        self.busy = True
        try:
            next(self._steps)
        except StopIteration:
            self.over = True
        finally:
            self.busy = False

    def between_calls(self, call, *arguments, **options):
        """Stand in for a system call of the follower's: perhaps take a step before it."""
        if not self.busy and not self.over and self.random.random() < self.pace:
            self.step()
        return call(*arguments, **options)

    def _write(self, file, count):
        for _ in range(count):
            head = b"E2211-%06d-%03d (1): " % divmod(len(self.written), 1000)
            # A push line has more than 24 bytes, of fewer a file is not told from a copy of it
            line = head + self.random.randbytes(self.random.randrange(2, 60)).hex().encode()
            self.written.append(line)
            cut = self.random.randrange(len(line)) if self.random.random() < 0.2 else 0
            if cut:
                file.write(line[:cut])
                yield
            file.write(line[cut:] + b"\n")
            yield

    def _open(self):
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self.append else 0)
        file = os.fdopen(os.open(self.path, flags, 0o644), "wb", buffering=0)
        file.seek(0, os.SEEK_END)
        if self.banner and not file.tell():
            file.write(b"".join(line + b"\n" for line in BANNER))
        return file

    def _run(self, rounds):
        file = self._open()
        for _ in range(rounds):
            if set(FIELD) & set(self.ways):  # no hand treats a log twice a second
                yield from self._until("look")
            yield from self._write(
                file, self.random.randrange(self.random.choice((2, self.most_lines // 3, self.most_lines)))
            )
            way = self.random.choice(self.ways)
            if way in ("punch", "collapse", "trim", "copy", "clutter"):
                yield from getattr(self, f"_{way}")(file)
                if way in ("trim", "copy"):
                    file.close()
                    file = self._open()
                continue
            yield from self._shift()
            if way in ("copytruncate", "hole"):
                yield from self._copy_and_truncate()
                continue
            yield from self._rename(way)
            if way == "late":
                open(self.path, "xb").close()
                yield
                yield from self._write(file, 5)
            file.close()
            file = self._open()
            yield
            yield from self._write(file, self.random.randrange(5))
            if way in ("compress", "members"):
                yield from self._compress(members=way == "members")
        file.close()

    def _shift(self):
        for n in range(30, 0, -1):
            for packed in (".gz", ""):
                if os.path.exists(f"{self.path}.{n}{packed}"):
                    os.rename(f"{self.path}.{n}{packed}", f"{self.path}.{n + 1}{packed}")
                    yield

    def _rename(self, way):
        target = self.path + ".1"
        if way == "suffix":  # what nobody has seen under a name that nobody knows is no news
            yield from self._until("commit")
            self.kept += 1  # a name of its own: what is overwritten is gone
            target = f"{self.path}~{self.kept}-kept"
        os.rename(self.path, target)
        yield

    def _until(self, awaited):
        """Wait until the daemon has looked; or, as an operator does, until what is to be destroyed was counted."""
        self.awaited = awaited
        while self.awaited:
            yield

    def _punch(self, file):
        """Free the disk of what was read: a hole in front, or zeros, or NULs written by hand."""
        yield from self._until("commit")
        size = os.path.getsize(self.path)
        if size > BLOCK + 512:
            _fallocate(self.path, PUNCH, self.random.choice((BLOCK, size - 512)))
            yield

    def _collapse(self, file):
        """Cut blocks off the front, in the middle of a line."""
        yield from self._until("commit")
        if os.path.getsize(self.path) > BLOCK + 512:
            _fallocate(self.path, COLLAPSE, BLOCK)
            file.seek(0, os.SEEK_END)
            yield

    def _trim(self, file):
        """Keep the last lines: ``tail -n N log > t``, and ``cat t > log`` or ``mv t log``."""
        yield from self._until("commit")
        with open(self.path, "rb") as whole:
            kept = whole.read().splitlines(keepends=True)[-self.random.choice((3, 20)) :]
        if not kept or len(b"".join(kept)) < 300:
            return
        new = self.random.choice((self.path, os.path.join(os.path.dirname(self.path), "t")))
        with open(new, "wb", buffering=0) as target:
            yield
            target.write(b"".join(kept))
        yield
        if new != self.path:
            os.rename(new, self.path)
            yield

    def _copy(self, file):
        """Put a copy in its place, as rsync and editors do."""
        hidden = os.path.join(os.path.dirname(self.path), ".mesibo.log.new")
        with open(self.path, "rb") as source, open(hidden, "wb", buffering=0) as target:
            while data := source.read(1000):
                target.write(data)
                yield
        os.rename(hidden, self.path)
        yield

    def _clutter(self, file):
        """Put beside it what is no log."""
        with contextlib.suppress(FileExistsError):
            os.symlink("mesibo.log-loop", f"{self.path}-loop")
        with contextlib.suppress(FileExistsError):
            os.symlink("nowhere", f"{self.path}.broken")
        yield
        with open(f"{self.path}-nuls", "ab") as nuls:
            nuls.write(b"\0" * self.random.randrange(1, 5000))
        yield

    def _copy_and_truncate(self):
        with open(self.path, "rb") as source, open(self.path + ".1", "xb", buffering=0) as target:
            yield
            size = self.random.choice((100, 1000, 1 << 20))
            while data := source.read(size):
                target.write(data)
                yield
        os.truncate(self.path, 0)
        yield

    def _compress(self, *, members=False):
        with open(self.path + ".1", "rb") as source:
            content = source.read()
        half = len(content) // 2 if members else len(content)
        packed = gzip.compress(content[:half]) + (gzip.compress(content[half:]) + b"\0" * 512 if members else b"")
        with open(self.path + ".1.gz", "xb", buffering=0) as target:
            yield
            cut = self.random.randrange(len(packed))
            target.write(packed[:cut])
            yield
            target.write(packed[cut:])
            yield
        os.unlink(self.path + ".1")
        yield


def _fallocate(path, mode, length):
    """Call fallocate(2) from the file's beginning; where a file system has no such call, NULs are written instead."""
    with open(path, "r+b") as file:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.fallocate64(file.fileno(), mode, ctypes.c_int64(0), ctypes.c_int64(length)) and mode == PUNCH:
            file.write(b"\0" * length)


@contextmanager
def stepping_in(rotator):
    """Put the rotator between the follower and the system."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, partial(rotator.between_calls, getattr(os, name)))
        yield


def start(directory, pattern):
    open(directory / "mesibo.log", "xb").close()
    follower = caught_up(directory / pattern)
    follower.commit()
    return follower


def assert_each_line_counted_once(follower, written, *, by_hand=False):
    """By hand a log may be replaced that was empty when it was last seen: nobody can know what it had when it went."""
    follower.wait(0, 11, 700, 1)
    follower.tail.close()
    counted = {line: n for line, n in follower.sink.lines.items() if line not in BANNER}
    assert {line: n for line, n in counted.items() if n != 1} == {}
    assert set(written) - set(counted) == set()
    assert set(counted) - set(written) == set()
    assert follower.lost == 0
    missed = [(told["read_bytes"], told["unread_bytes"]) for told in follower.log.named("generation_missed")]
    assert set(missed) <= {(0, 0)} if by_hand else follower.missed == 0


def follow_through(directory, seed, ways, pattern, **rotation):
    follower = start(directory, pattern)
    rotator = Rotator(str(directory / "mesibo.log"), seed, ways, rounds=10, **rotation)
    with stepping_in(rotator):
        while not rotator.over:
            rotator.step()
            follower.turn()
            if rotator.awaited:
                follower.turn()
                if rotator.awaited == "commit":
                    follower.commit()
                rotator.awaited = ""
            if rotator.random.random() < 0.1:
                follower.commit()
            if rotator.random.random() < 0.05:
                follower.restart()
    assert_each_line_counted_once(follower, rotator.written, by_hand=bool(set(FIELD) & set(ways)))


def runs(count, mixes=(*((way,) for way in WAYS), WAYS)):
    return [
        pytest.param(seed, ways, pattern, id=f"{'+'.join(ways)}-{pattern}-{seed}")
        for ways in mixes
        for pattern in PATTERNS
        for seed in range(count)
    ]


@pytest.mark.parametrize(("seed", "ways", "pattern"), runs(8))
def test_no_race_loses_or_doubles_a_line(tmp_path, seed, ways, pattern):
    """Lines, rotations and packing between any two system calls of a look: each line counts once, none as lost."""
    follow_through(tmp_path, seed, ways, pattern)


@pytest.mark.long
@pytest.mark.parametrize(("seed", "ways", "pattern"), runs(1000))
def test_no_race_among_thousands_loses_or_doubles_a_line(tmp_path, seed, ways, pattern):
    """The same, ten thousand times."""
    follow_through(tmp_path, 1_000_000 + seed, ways, pattern)


TREATMENTS = (*((way,) for way in FIELD), (*FIELD, *WAYS))
EXACT = tuple((way,) for way in ("punch", "collapse", "clutter"))


@pytest.mark.parametrize(("seed", "ways", "pattern"), runs(4, EXACT))
def test_no_race_with_holes_and_clutter_loses_or_doubles_a_line(tmp_path, seed, ways, pattern):
    """A log is punched and collapsed, and cluttered around, between any two system calls: the same."""
    follow_through(tmp_path, seed, (*ways, "rename"), pattern, most_lines=120)


@pytest.mark.long  # four runs in a thousand still fail, see docs/testing.md: known, and not hidden by a retry
@pytest.mark.parametrize(("seed", "ways", "pattern"), runs(4, TREATMENTS))
def test_no_race_with_what_is_done_by_hand_loses_or_doubles_a_line(tmp_path, seed, ways, pattern):
    """Holes, trimming, copies, odd archives and names, banners and clutter between any two system calls: the same."""
    follow_through(tmp_path, seed, (*ways, "rename"), pattern, most_lines=120)


@pytest.mark.long
@pytest.mark.parametrize(("seed", "ways", "pattern"), runs(100, TREATMENTS))
def test_no_race_among_many_with_what_is_done_by_hand_loses_or_doubles_a_line(tmp_path, seed, ways, pattern):
    """The same, nearly two thousand times."""
    follow_through(tmp_path, 1_000_000 + seed, (*ways, "rename"), pattern, most_lines=120)


class Nights(Rotator):
    """A process that begins each log with one banner, in a burst of rotations; they are packed sooner or later."""

    def __init__(self, path, seed, banner_bytes):
        line = b"E2211-000000-000 (1): this program comes without any warranty\n"
        self.start = line * (banner_bytes // len(line) + 1)
        super().__init__(path, seed, (), rounds=10)
        self.packs = self.random.choice(("before", "at once", "never"))

    def _run(self, rounds):
        name = ""
        for number in range(rounds):
            yield from self._append(self.start)
            if not number:
                yield from self._append(b"".join(self._new_line() for _ in range(20)))
                yield from self._until("look")
            yield from self._append(b"".join(self._new_line() for _ in range(self.random.choice((0, 1, 3)))))
            before, name = name, f"{self.path}-{20261001 + number}"
            os.rename(self.path, name)
            yield
            packed = {"before": before, "at once": name}.get(self.packs)
            if packed:
                yield from self._pack(packed)
        yield from self._append(self._new_line())

    def _new_line(self):
        self.written.append(b"E2211-%06d-%03d (1): of a night" % divmod(len(self.written) + 1, 1000))
        return self.written[-1] + b"\n"

    def _append(self, data):
        with open(self.path, "ab", buffering=0) as file:
            file.write(data)
        yield

    def _pack(self, name):
        with open(name, "rb") as source, open(name + ".gz", "xb", buffering=0) as target:
            yield
            target.write(gzip.compress(source.read(), 1))
            yield
        os.unlink(name)
        yield


def follow_nights(directory, seed, banner_bytes, pattern, restarts=lambda: False):
    follower = start(directory, pattern)
    nights = Nights(str(directory / "mesibo.log"), seed, banner_bytes)
    with stepping_in(nights):
        while not nights.over:
            nights.step()
            follower.turn()
            nights.awaited = ""
    banner = nights.start.splitlines()[0]
    follower.wait(0, 11, 700, 1)
    follower.tail.close()
    del follower.sink.lines[banner]
    assert follower.sink.lines == dict.fromkeys(nights.written, 1)
    assert (follower.lost, follower.missed) == (0, 0)


BANNERS = (500, 1000, 1040, 4080, 4160, 5740, 66000)  # bytes: below and above all that is fingerprinted, at once or not


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("banner_bytes", BANNERS)
@pytest.mark.parametrize("seed", [0, 5, 7, 11])
def test_no_race_of_nights_with_one_banner_loses_or_doubles_a_line(tmp_path, seed, banner_bytes, pattern):
    """With equal banners, each line counts once, whatever is renamed and packed between any two system calls."""
    follow_nights(tmp_path, seed, banner_bytes, pattern)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("banner_bytes", BANNERS)
@pytest.mark.parametrize("seed", [0, 5, 7, 11])
@pytest.mark.parametrize("restarts", [0, 0.5])
def test_no_race_of_nights_loses_or_doubles_a_line_where_archives_are_unpacked_slowly(
    tmp_path, monkeypatch, restarts, seed, banner_bytes, pattern
):
    """Each line counts once, although questions to archives take several looks, and a kill cuts some short."""
    chance = random.Random(seed)
    clock = itertools.accumulate(iter(lambda: chance.random() * 0.2, None))  # half a second is for all in one look
    monkeypatch.setattr(candidates, "time", SimpleNamespace(time=time.time, monotonic=partial(next, clock)))
    follow_nights(tmp_path, seed, banner_bytes, pattern, restarts=lambda: chance.random() < restarts)


class Interrupted(Rotator):
    """Takes a number of steps at once, before one certain system call of the follower's."""

    at, steps, calls = 0, 0, 0

    def between_calls(self, call, *arguments, **options):
        if not self.busy:
            self.calls += 1
            if self.calls == self.at:
                for _ in range(self.steps):
                    self.step()
        return call(*arguments, **options)


def interrupt(directory, script, before, at, steps, *, pattern, restart):
    """Take some steps, a look after each, then some more at one call of the next look; return that look's calls."""
    directory.mkdir()
    follower = start(directory, pattern)
    rotator = Interrupted(str(directory / "mesibo.log"), *script)
    for _ in range(before):
        rotator.step()
        follower.turn()
    if restart:
        follower.commit()
        follower.restart()
    rotator.at, rotator.steps = at, steps
    with stepping_in(rotator):
        follower.turn()
    calls = rotator.calls
    follower.turn()
    while not rotator.over:
        rotator.step()
    assert_each_line_counted_once(follower, rotator.written)
    return calls


def interrupt_everywhere(directory, script, together, **situation):
    rotator = Rotator(str(directory / "mesibo.log"), *script)
    length = 0
    while not rotator.over:
        rotator.step()
        length += 1
    for before in range(length):
        for steps in together:
            at = calls = 1
            while at <= calls:
                calls = interrupt(directory / f"{before}-{at}-{steps}", script, before, at, steps, **situation)
                at += 1


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_copytruncate_at_any_call_of_a_look_loses_or_doubles_nothing(tmp_path, pattern, restart):
    """Whichever system call two steps of a copytruncate come before, each line counts once."""
    script = (SHORT, ("copytruncate",), 2, 6)
    interrupt_everywhere(tmp_path, script, (2,), pattern=pattern, restart=restart)


@pytest.mark.long
@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("way", WAYS)
def test_any_steps_of_a_rotation_at_any_call_lose_or_double_nothing(tmp_path, way, pattern, restart):
    """The same with every way to rotate, and more steps at once."""
    interrupt_everywhere(tmp_path, (SHORT, (way,), 2, 12), (1, 3, 5), pattern=pattern, restart=restart)


@pytest.mark.parametrize("unseen", [0, 3])
def test_what_is_copied_to_a_file_that_was_taken_up_empty_is_not_lost_where_the_log_is_emptied(tmp_path, unseen):
    """It goes on in the copy, with what was ``unseen`` of it, and nothing is reported as lost."""
    log, copy = tmp_path / "m.log", tmp_path / "m.log.1"
    append(log, "E2211-000000-000 (1): read")
    follower = caught_up(log)
    shutil.move(shutil.copy(log, copy), tmp_path / "m.log.2")
    os.truncate(log, 0)
    append(log, "E2211-000000-001 (1): seen, not read")
    copy.touch()
    follower.look()
    append(log, *(f"E2211-000000-{2 + n:03} (1): not seen" for n in range(unseen)))
    shutil.copy(log, copy)
    os.truncate(log, 0)
    follower.wait(0, 11, 700)
    assert [line[6:16] for line in follower.lines] == [f"000000-{n:03}" for n in range(2 + unseen)]
    assert (follower.lost, follower.missed) == (0, 0)


def test_a_file_that_grows_at_every_call_holds_up_no_line_of_another(tmp_path):
    """A rotated file that nobody knows yet and that is still being written is told when it can be; the log goes on."""
    log, other = tmp_path / "mesibo.log", tmp_path / "mesibo.log.1"
    follower = start(tmp_path, "mesibo.log*")
    log.write_text("E2211-000000-000 (1): first\n")
    follower.turn()

    class Grower(Rotator):
        def step(self):
            self.busy = True
            self.written.append(f"E2111-000000-{len(self.written):06} (1): other")
            with other.open("a") as file:
                file.write(self.written[-1] + "\n")
            self.busy = False

    grower = Grower(str(log), 0, (), 0)
    grower.pace = 1.0
    with log.open("a") as file:
        file.write("E2211-000000-001 (1): second\n")
    with stepping_in(grower):
        follower.turn()
    assert follower.lines == ["E2211-000000-000 (1): first", "E2211-000000-001 (1): second"]
    follower.turn()
    assert sorted(follower.lines)[: len(grower.written)] == grower.written


class Copier(Rotator):
    """Copies a log to another one that is followed as well, piece by piece, as it is or out of an archive."""

    def __init__(self, path, seed, *, packed):
        super().__init__(path, seed, (), rounds=1)
        self.copy, self.packed = os.path.join(os.path.dirname(path), "mesibo-copy.log"), packed

    def _run(self, rounds):
        with self._open() as file:
            yield from self._write(file, self.random.choice((10, 300)))
        yield from self._until("commit")
        if self.packed:
            yield from self._rename("rename")
            yield from self._compress()
            yield from self._until("release")
        opener = gzip.open if self.packed else open
        with (
            opener(self.path + ".1.gz" if self.packed else self.path, "rb") as source,
            open(self.copy, "xb", buffering=0) as target,
            self._open() as file,
        ):
            while data := source.read(self.random.choice((20, 100, 700))):
                target.write(data)
                yield
                if self.random.random() < 0.1:
                    yield from self._write(file, 1)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_no_race_with_a_copy_that_is_made_under_another_name_doubles_a_line(tmp_path, seed, packed):
    """No step of copying between any two system calls of a look makes a line count twice."""
    follower = start(tmp_path, "*.log")
    copier = Copier(str(tmp_path / "mesibo.log"), seed, packed=packed)
    with stepping_in(copier):
        while not copier.over:
            copier.step()
            follower.wait(6)
            follower.wait(*(700, 0) if copier.awaited == "release" else ())
            if copier.awaited:
                follower.commit()
                copier.awaited = ""
            if copier.random.random() < 0.05:
                follower.restart()
    assert_each_line_counted_once(follower, copier.written)
