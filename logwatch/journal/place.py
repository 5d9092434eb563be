"""Find out where journals are, who may read them, and how far back they reach; journalctl reads their contents.

Only the header of a journal file is read here: its id, when its first entry was written, and whether it is whole
(systemd.io/JOURNAL_FILE_FORMAT).
"""

import functools
import operator
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from logwatch import ownership
from logwatch.errors import Problem, in_words

USUAL = (Path("/var/log/journal"), Path("/run/log/journal"))
"""Where journald keeps persistent journals, and volatile ones."""

GROUP = "systemd-journal"
_SIGNATURE = b"LPKSHHRH"
_FEATURES = slice(12, 16)  # incompatible_flags, little endian
_FILE_ID = slice(24, 40)
_SIZES = (slice(88, 96), slice(96, 104))  # header_size and arena_size, bytes, little endian: together the whole file
_FIRST_ENTRY = slice(184, 192)  # head_entry_realtime, microseconds since the epoch, little endian
_SUPPRESSED = "a596d6fe7bfa4994828e72309e95d61e"  # SD_MESSAGE_JOURNAL_DROPPED
_MACHINE = re.compile(r"[0-9a-f]{32}(\..+)?")
_MACHINE_ID = Path("/etc/machine-id")


@dataclass(frozen=True, slots=True)
class Target:
    """Which entries are wanted: those of a container or of a unit, in the host's journal or in a directory."""

    container: str = ""
    unit: str = ""
    directory: str = ""

    @property
    def words(self) -> str:
        """What it is, for people."""
        return f"container {self.container}" if self.container else f"unit {self.full_unit}"

    @property
    def full_unit(self) -> str:
        """The unit's whole name: a service unless it names another type."""
        return self.unit if "." in self.unit else f"{self.unit}.service"

    @property
    def field(self) -> str:
        """The field to select entries by: journald knows units itself, a runtime names its container."""
        return "CONTAINER_NAME" if self.container else "_SYSTEMD_UNIT"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of journalctl that select its entries.

        ``--follow`` alone would stay within the newest boot: ``--merge`` does not, but adds the journals of other hosts
        that are collected here, which the machine's id excludes.
        """
        wanted = f"{self.field}={self.container or self.full_unit}"
        if self.directory:
            return (f"--directory={self.directory}", "--merge", wanted)
        machine = _machine()
        return ("--merge", wanted, *([f"_MACHINE_ID={machine}"] if machine else []))

    @property
    def followed(self) -> tuple[str, ...]:
        """The same, and journald's own entries on what its rate limit dropped, of any unit."""
        machine = [each for each in self.arguments if each.startswith("_MACHINE_ID=")]
        return (*self.arguments, "+", "_TRANSPORT=driver", f"MESSAGE_ID={_SUPPRESSED}", *machine)

    @property
    def key(self) -> str:
        """What a position belongs to: it means nothing for another container, unit or directory."""
        return f"{self.field}={self.container or self.full_unit} {self.directory}".rstrip()

    @property
    def directories(self) -> tuple[str, ...]:
        """Where its journals may lie."""
        if self.directory:
            return (self.directory, *_of_machines(Path(self.directory)))
        machine = _machine()
        return tuple(str(usual / machine) for usual in USUAL)


def nothing_yet(target: Target, there: Sequence[str] = ()) -> Problem:
    """Return a warning that there is no entry of a target; ``there`` are some of those that the journal has."""
    remedy = f"there: {', '.join(there)}" if there else f"`journalctl -F {target.field}` lists those that it has"
    return Problem(target.words, "the journal has no entry of it yet", "the daemon waits for it", remedy, warning=True)


def _of_machines(directory: Path) -> list[str]:
    """Return the subdirectories named after machines, which journalctl reads, too."""
    try:
        return sorted(str(path) for path in directory.iterdir() if _MACHINE.fullmatch(path.name))
    except OSError:
        return []  # ``look`` reports why


def _machine() -> str:
    """Return this host's id, empty where it has none; OSError while that cannot be told."""
    try:
        return _id_in(_MACHINE_ID)
    except FileNotFoundError:
        return ""


@functools.cache
def _id_in(path: Path) -> str:
    """Read an id, which never changes; cached, so that it survives a disk that fails for a moment."""
    return path.read_text(errors="replace").strip()


@dataclass(frozen=True, slots=True)
class JournalFiles:
    """The files of a target's journals."""

    directories: Mapping[str, frozenset[bytes]] = field(default_factory=dict)  # those that exist -> ids of their files
    oldest: float | None = None  # when the oldest entry that is left was written, seconds since the epoch
    damaged: tuple[float, ...] = ()  # when each file that journalctl leaves out was last written to, the same unit
    features: int = 0  # flags of all files: a journalctl leaves out files with one that it does not know
    refused: bool = False  # something is there that may not be read
    problems: tuple[Problem, ...] = ()

    def replaced(self, before: "JournalFiles") -> bool:
        """Return whether a directory came, went, or no longer holds any file that it held before; or a format changed.

        journalctl watches the directories that it found at its start. Their inodes do not help: a directory that is
        created again often has the inode of its predecessor. And a feature that no file had before comes with a new
        journald, whose own journalctl can read it; the one that runs may leave the file out.
        """
        if self.directories.keys() != before.directories.keys() or self.features & ~before.features:
            return True
        return any(
            files and now and not files & now
            for files, now in ((before.directories[path], now) for path, now in self.directories.items())
        )


def look(target: Target) -> JournalFiles:
    """Find the files of a target's journals, and what keeps them from being read."""
    directories: dict[str, frozenset[bytes]] = {}
    headers, refused = [], []
    try:
        places = target.directories
    except OSError as error:  # without the host's id the entries of others would be read as well
        unknown = Problem(str(_MACHINE_ID), "cannot be read", in_words(error), "see `dmesg`")
        return JournalFiles(refused=True, problems=(unknown,))
    for directory in map(Path, places):
        try:
            found = sorted(path for path in directory.iterdir() if path.name.endswith((".journal", ".journal~")))
        except FileNotFoundError:
            continue
        except OSError as error:
            refused.append((directory, in_words(error)))
            continue
        identities = set()
        for path in found:
            try:
                header = _header(path)
            except FileNotFoundError:
                continue  # vacuumed in between
            except OSError as error:
                # A user's own journal may be closed to us: entries of containers and services are in the system's
                if not path.name.startswith("user-"):
                    refused.append((path, in_words(error)))
            else:
                identities.add(header.identity)
                headers.append(header)
        directories[str(directory)] = frozenset(identities)
    problems = _problems(places, refused) if refused or not headers else ()
    oldest = min((each.first_entry for each in headers if each.whole and each.first_entry), default=None)
    damaged = tuple(each.written for each in headers if not each.whole)
    features = functools.reduce(operator.or_, (each.features for each in headers), 0)
    return JournalFiles(directories, oldest, damaged, features, bool(refused), tuple(problems))


class _Header(NamedTuple):
    """What is known of a journal file; times in seconds since the epoch."""

    identity: bytes
    features: int  # flags
    whole: bool  # journalctl leaves out one that lost its end or its beginning; an empty one is just being created
    first_entry: float  # when it was written; 0 if there is none
    written: float  # when the file was last written to


def _header(path: Path) -> _Header:
    with path.open("rb") as file:
        data, status = file.read(_FIRST_ENTRY.stop), os.fstat(file.fileno())
    size = sum(int.from_bytes(data[part], "little") for part in _SIZES)
    whole = not data or (data.startswith(_SIGNATURE) and len(data) == _FIRST_ENTRY.stop and size <= status.st_size)
    first_entry = int.from_bytes(data[_FIRST_ENTRY], "little") / 1e6 if whole else 0.0
    features = int.from_bytes(data[_FEATURES], "little") if whole else 0
    return _Header(data[_FILE_ID], features, whole, first_entry, status.st_mtime)


def _problems(places: Sequence[str], refused: list[tuple[Path, str]]) -> Iterator[Problem]:
    if refused:
        path, why = refused[0]
        yield Problem(
            str(path),
            "the journal cannot be read",
            f"{why}, for user {ownership.me()}",
            f"add the service's user to the group {GROUP}: `make install` does it where a source needs it, or"
            f" SupplementaryGroups={GROUP} in a drop-in of the unit",
        )
    else:
        yield Problem(
            " and ".join(places),
            "there is no journal",
            "journald keeps none, or keeps it elsewhere",
            "see Storage= in journald.conf; a journal that is mounted is named with directory = …",
        )
