"""A directory with logs, writers and every kind of rotation, and a model of what was written and can still be found.

Every line is unique, as mesibo's time stamps make them. The model knows of each line whether its bytes are on disk, in
a deleted file that is held open, or gone.
"""

import contextlib
import gzip
import os
import random
import shutil
from collections import Counter

from tests.helpers.recorder import Clock, Follower

PATTERNS = {
    "paths": ("a.log", "b.log"),
    "glob": ("*.log",),
    "rotated names too": ("*.log*",),
}


class Writer:
    """A process that writes a log, keeps its file open through rotations, and reopens it when told."""

    def __init__(self, path, clock):
        self.path = path
        self.clock = clock
        self.file = None
        self.unfinished = b""

    def write(self, data):
        if not self.file:
            self.file = open(self.path, "ab", buffering=0)  # noqa: SIM115
        self.file.write(data)
        os.utime(self.file.fileno(), (self.clock(), self.clock()))

    def finish(self):
        if self.unfinished:
            self.write(self.unfinished)
            self.unfinished = b""

    def reopen(self):
        self.finish()
        if self.file:
            self.file.close()
        self.file = None


class World:
    """Logs below a directory, and a daemon that follows them."""

    def __init__(self, directory, seed, patterns, *, gentle=False):
        """Rotate gently: as logrotate does, which destroys nothing that was not copied or counted before."""
        self.gentle = gentle
        self.directory = directory
        self.random = random.Random(seed)
        self.bases = [str(directory / "a.log"), str(directory / "b.log")]
        self.clock = Clock()
        self.writers = {base: Writer(base, self.clock) for base in self.bases}
        self.written = {}  # line: bytes
        self.endangered = set()  # lines whose bytes were destroyed before they were counted for good
        self.empty_gone = 0  # files that were removed without a byte: nobody can know later that they had none
        self.day = 20260101
        self.since_reopened = 0
        self.trace = []
        for base in self.bases:
            self.write(base, 3)
        self.follower = Follower(*(directory / pattern for pattern in patterns), clock=self.clock, release_seconds=600)
        self.follower.turn()
        self.follower.commit()

    # what the model knows

    def on_disk(self):
        lines = set()
        for entry in os.scandir(self.directory):
            opener = gzip.open if entry.name.endswith(".gz") else open
            with opener(entry.path, "rb") as file:
                lines.update(file.read().split(b"\n"))
        return lines

    def held(self):
        """Return the inodes of files that the daemon has open."""
        files = (g.file for g in self.follower.tail._generations() if g.file)
        return {os.fstat(file.descriptor).st_ino for file in files}

    def destroy(self, doomed, *, but=()):
        """Note which lines are nowhere any more, neither on disk nor counted."""
        missing = doomed - self.on_disk() - set(but)
        self.endangered |= {line for line in missing if not self.follower.sink.lines[line]}

    def lines_of(self, path):
        opener = gzip.open if path.endswith(".gz") else open
        with opener(path, "rb") as file:
            return set(file.read().split(b"\n")) - {b""}

    def unlink(self, path):
        lines, inode = self.lines_of(path), os.stat(path).st_ino
        os.unlink(path)
        self.empty_gone += not lines
        if inode not in self.held():
            self.destroy(lines)

    # what writers do

    def new_line(self):
        stamp = b"E2002-%06d-%03d" % divmod(len(self.written), 1000)
        line = b"%s (1): %s" % (stamp, self.random.randbytes(self.random.choice((2, 20, 200))).hex().encode())
        self.written[line] = len(line) + 1
        return line

    def write(self, base, count):
        writer = self.writers[base]
        writer.finish()
        lines = [self.new_line() for _ in range(count)]
        writer.write(b"".join(line + b"\n" + self.below(line) for line in lines))
        self.note_orphans(writer, lines)

    def below(self, line):
        return b""

    def note_orphans(self, writer, lines):
        """Lines written to a file that has no name any more can be read only by whom has it open."""
        status = os.fstat(writer.file.fileno())
        if hasattr(self, "follower") and not status.st_nlink and status.st_ino not in self.held():
            self.endangered.update(lines)

    def write_part(self, base):
        writer = self.writers[base]
        writer.finish()
        line = self.new_line() + b"\n"
        at = self.random.randrange(1, len(line))
        writer.write(line[:at])
        writer.unfinished = line[at:]
        self.note_orphans(writer, [line[:-1]])

    def reopen(self, base):
        self.writers[base].reopen()

    # how logs are rotated

    def rotated(self, base):
        """Return the numbered rotated names that are there, newest first."""
        names = [f"{base}.{n}{gz}" for n in range(1, 60) for gz in ("", ".gz")]
        return [name for name in names if os.path.exists(name)]

    def shift(self, base):
        for n in range(59, 0, -1):
            for gz in ("", ".gz"):
                if os.path.exists(f"{base}.{n}{gz}"):
                    os.rename(f"{base}.{n}{gz}", f"{base}.{n + 1}{gz}")

    def target(self, base):
        if self.random.random() < 0.3:
            self.day += 1
            return f"{base}-{self.day}"
        self.shift(base)
        return f"{base}.1"

    def rename(self, base, *, create):
        if not os.path.exists(base):
            return
        os.rename(base, self.target(base))
        if create == "new":
            self.create(base)
        elif create == "temporary":
            with open(base + ".tmp", "xb") as file:
                file.write(self.new_line() + b"\n")
            os.rename(base + ".tmp", base)
        if self.random.random() < 0.5:
            self.reopen(base)

    def copy_remove(self, base):
        if not os.path.exists(base):
            return
        self.writers[base].finish()
        target = self.target(base)
        self.copy_to(base, target)
        self.unlink(base)
        self.create(base)
        if self.gentle or self.random.random() < 0.7:
            self.reopen(base)

    def copy(self, base):
        if os.path.exists(base):
            self.writers[base].finish()
            self.copy_to(base, self.target(base))

    def create(self, path):
        open(path, "xb").close()
        os.utime(path, (self.clock(), self.clock()))

    def empty(self, path):
        os.truncate(path, 0)
        os.utime(path, (self.clock(), self.clock()))

    def copy_to(self, base, target):
        shutil.copyfile(base, target)
        os.utime(target, (self.clock(), self.clock() + 0.001))  # a copy is made after the last write

    def copy_truncate(self, base):
        if not os.path.exists(base):
            return
        self.writers[base].finish()
        lines = self.lines_of(base)
        self.copy_to(base, self.target(base))
        self.empty(base)
        self.destroy(lines)
        if self.random.random() < 0.5:
            self.write(base, self.random.randrange(1, 40))

    def truncate(self, base):
        if not self.gentle and os.path.exists(base):
            self.writers[base].finish()
            lines = self.lines_of(base)
            self.empty(base)
            self.destroy(lines)

    def remove(self, base):
        if not self.gentle and os.path.exists(base):
            self.writers[base].finish()
            self.unlink(base)

    def compress(self, base):
        plain = [name for name in self.rotated(base) if not name.endswith(".gz")]
        if not plain:
            return
        name = self.random.choice(plain)
        if any(w.file and os.fstat(w.file.fileno()).st_ino == os.stat(name).st_ino for w in self.writers.values()):
            return  # as logrotate's delaycompress: not while it is written
        with open(name, "rb") as source, gzip.open(name + ".gz", "wb") as target:
            shutil.copyfileobj(source, target)
        if self.random.random() < 0.3:
            self.look()
        self.unlink(name)

    def remove_oldest(self, base):
        names = self.rotated(base)
        if len(names) > 2:
            if self.gentle:
                self.reopen(base)
                self.turn()
                self.commit()
            self.unlink(names[-1])

    # what the daemon does

    def look(self):
        self.follower.look()

    def read(self):
        self.follower.tail.read(self.follower.sink, self.random.choice((1, 100, 1 << 20)))

    def turn(self):
        self.follower.turn()

    def commit(self):
        self.follower.commit()

    def kill(self):
        """Die: what was not committed was not counted, and what was deleted while open is gone."""
        self.follower.kill()
        self.destroy(set(self.written))
        self.follower.start()
        if self.random.random() < 0.5:
            self.turn()

    def stop(self):
        self.follower.stop()
        self.destroy(set(self.written))
        for _ in range(self.random.randrange(3)):
            self.act(self.DISK)
        self.follower.start()

    def pass_time(self):
        """Advance the clock; nobody writes to a file for longer after it was rotated than it is watched."""
        seconds = self.random.choice((1, 11, 100))
        self.clock.now += seconds
        self.since_reopened += seconds
        if self.since_reopened > 400:
            self.since_reopened = 0
            self.clock.now -= seconds
            for base in self.bases:
                self.reopen(base)
            self.turn()
            self.clock.now += seconds

    DISK = (
        (10, lambda w, b: w.write(b, w.random.randrange(1, 6))),
        (2, lambda w, b: w.write(b, 300)),
        (3, write_part),
        (3, reopen),
        (3, lambda w, b: w.rename(b, create="new")),
        (2, lambda w, b: w.rename(b, create="temporary")),
        (2, lambda w, b: w.rename(b, create="")),
        (2, copy_remove),
        (3, copy_truncate),
        (1, copy),
        (1, truncate),
        (1, remove),
        (3, compress),
        (2, remove_oldest),
    )
    DAEMON = (
        (8, lambda w, b: w.look()),
        (8, lambda w, b: w.read()),
        (4, lambda w, b: w.turn()),
        (6, lambda w, b: w.commit()),
        (2, lambda w, b: w.kill()),
        (1, lambda w, b: w.stop()),
        (2, lambda w, b: w.pass_time()),
    )

    def act(self, actions):
        base = self.random.choice(self.bases)
        index = self.random.choices(range(len(actions)), [weight for weight, _ in actions])[0]
        action = actions[index][1]
        self.trace.append((len(self.written), os.path.basename(base), actions is self.DISK, index))
        action(self, base)

    def run(self, steps):
        for _ in range(steps):
            self.act(self.DISK if self.random.random() < 0.5 else self.DAEMON)
        for base in self.bases:
            self.reopen(base)
        self.turn()
        self.follower.wait(11, 11, 700, 1)
        self.follower.commit()

    def close(self):
        self.follower.tail.close()
        for writer in self.writers.values():
            writer.reopen()

    def counted(self):
        return self.follower.sink.lines

    def check(self):
        counted = self.counted()
        doubled = {line: n for line, n in counted.items() if n > 1}
        assert not doubled, f"counted more than once: {list(doubled)[:5]} of {len(doubled)}"
        invented = set(counted) - set(self.written)
        assert not invented, f"never written: {list(invented)[:5]}"
        missing = set(self.written) - set(counted)
        if self.gentle:
            assert not missing, f"not counted: {sorted(missing)[:5]} of {len(missing)}"
            assert self.follower.lost == 0
            assert self.follower.missed <= self.empty_gone
        silent = missing - self.endangered
        assert not silent, f"not counted, though they could be found: {sorted(silent)[:5]} of {len(silent)}"
        lost = sum(self.written[line] for line in missing)
        assert self.follower.lost <= lost, f"{self.follower.lost} bytes are said to be lost, but {lost} are"


class FieldWorld(World):
    """The same, and what else is done to logs on hosts: by hand, by cron, by a full disk, by other programs."""

    def content(self, base):
        with open(base, "rb") as file:
            return file.read()

    def has_been_read(self, base):
        """Read all there is, and return whether no line is left: of a log that lost its end, that is waited for."""
        self.writers[base].finish()
        self.turn()
        self.commit()
        counted = self.counted()
        return all(line in counted for line in self.lines_of(base) if line in self.written)

    def replace_by_copy(self, base):
        """As rsync and editors do: another inode with the same bytes; who writes opens it anew."""
        if not os.path.exists(base):
            return
        self.writers[base].finish()
        self.copy_to(base, base + "~new")
        os.rename(base + "~new", base)
        self.reopen(base)

    def trim_in_front(self, base):
        """As cron does with ``tail -n``: in place, or by rename; what is read was read before."""
        if not os.path.exists(base) or not self.has_been_read(base):
            return
        content = self.content(base)
        if not content.endswith(b"\n"):
            return
        kept = b"".join(content.splitlines(keepends=True)[-self.random.choice((3, 20, 50)) :])
        if self.random.random() < 0.5:
            with open(base, "wb") as file:
                file.write(kept)
        else:
            with open(base + "~new", "wb") as file:
                file.write(kept)
            os.rename(base + "~new", base)
            self.reopen(base)
        os.utime(base, (self.clock(), self.clock()))
        self.turn()

    def punch(self, base):
        """Free the disk of what was read; the file keeps its length."""
        if not os.path.exists(base) or not self.has_been_read(base):
            return
        size = os.path.getsize(base)
        if size > 8192:
            with open(base, "r+b") as file:
                file.write(b"\0" * (size // 2))
            os.utime(base, (self.clock(), self.clock()))

    def compress_otherwise(self, base):
        """In two members with padding, or as xz."""
        plain = [name for name in self.rotated(base) if not name.endswith(".gz")]
        if not plain:
            return
        name = self.random.choice(plain)
        if any(w.file and os.fstat(w.file.fileno()).st_ino == os.stat(name).st_ino for w in self.writers.values()):
            return
        content = self.content(name)
        half = len(content) // 2
        with open(name + ".gz", "wb") as target:
            target.write(gzip.compress(content[:half]) + gzip.compress(content[half:]) + b"\0" * 512)
        self.unlink(name)

    def clutter(self, base):
        """Put beside it what is no log: a link that loops, and a file of nothing but NULs."""
        with contextlib.suppress(FileExistsError):
            os.symlink("loop.log", self.directory / "loop.log")
        with open(self.directory / "nuls.log", "wb") as file:
            file.write(b"\0" * self.random.randrange(1, 5000))

    DISK = (
        *World.DISK,
        (3, replace_by_copy),
        (3, trim_in_front),
        (2, punch),
        (3, compress_otherwise),
        (1, clutter),
    )

    def on_disk(self):
        lines = set()
        for entry in os.scandir(self.directory):
            if entry.is_file(follow_symlinks=False):
                lines |= self.lines_of(entry.path)
        return lines

    def lines_of(self, path):
        return {line.lstrip(b"\0") for line in super().lines_of(path)} - {b""}


class AnswerWorld(World):
    """Answers over several lines, which end alike and have no time of their own."""

    BEGINS = b"E2002-"
    LINE = b'  "error": "not found"\n'
    ANSWERS = (b"{\n}\n", b"{\n" + LINE * 4 + b"}\n", b"{\n" + LINE * 20 + b"}\n")

    def below(self, line):
        answer = self.random.choice((b"", *self.ANSWERS))
        self.written[line] += len(answer)
        return answer

    def on_disk(self):
        return {line for line in super().on_disk() if line.startswith(self.BEGINS)}

    def lines_of(self, path):
        return {line for line in super().lines_of(path) if line.startswith(self.BEGINS)}

    def counted(self):
        return Counter({line: n for line, n in super().counted().items() if line.startswith(self.BEGINS)})
