"""The state directory: created, locked by one process at a time; a damaged ledger in it is never overwritten."""

import calendar
import contextlib
import errno
import fcntl
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import structlog

from logwatch import ownership
from logwatch.errors import Problem, StateError, in_words
from logwatch.events import quoted
from logwatch.ledger.schema import known_version, open_to_read

FILE = "ledger.sqlite3"
SET_ASIDE = 5
"""Damaged ledgers kept for inspection: a disk that damages one after another must not be filled by them."""
OURS = (FILE, "clients")  # what the names of all our files begin with
_FULL = (errno.ENOSPC, errno.EDQUOT)
LEAST_BYTES = 64 << 10
"""Two of the pieces in which SQLite's shared memory grows: where a page gets no disk block, the kernel sends SIGBUS."""


def hold(directory: Path) -> int:
    """Create the directory if needed and lock it for this process; closing the returned descriptor unlocks it.

    The lock is on the directory itself, so that it can be taken on a full or read-only disk, too.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_to_ourselves(directory)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileExistsError, NotADirectoryError):
        raise _no_directory(_existing(directory)) from None
    except OSError as error:
        raise refused(directory, error) from None
    try:
        _lock(directory, descriptor)
    except BaseException as error:
        os.close(descriptor)  # otherwise nobody could lock it any more, not even this process
        if isinstance(error, OSError):
            raise refused(directory, error) from None
        raise
    return descriptor


def _lock(directory: Path, descriptor: int) -> None:
    """Lock an open directory; StateError where another process has it, or nothing can be written there."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StateError.at(
            str(directory),
            "in use by another mesibo-logwatch",
            "two of them would count every line twice",
            "stop the other one, or give this one a state.directory of its own",
        ) from None
    except OSError as error:
        why = f"it cannot be locked ({in_words(error)}), and two daemons would count every line twice"
        raise unusable(directory, why, "name a state.directory on a local disk: SQLite needs locks as well") from None
    writable = not read_only(directory)
    for path in (directory, *directory.glob(f"{FILE}*")):
        if writable and not os.access(path, os.R_OK | os.W_OK):
            raise unusable(path, f"not writable for user {ownership.me()}")


def size(path: Path) -> int:
    """Return the bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def free_bytes(directory: Path) -> int:
    """Return how many bytes can still be written to a directory; 2**62 where its file system does not say."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize if found.f_blocks else 1 << 62


def read_only(directory: Path) -> bool:
    """Return whether a directory is on a disk that cannot be written; OSError if it cannot be looked at."""
    return bool(os.statvfs(directory).f_flag & os.ST_RDONLY)


def reason(directory: Path, error: Exception) -> str:
    """Return why a ledger cannot be written: of a disk that is read-only, SQLite says that it cannot open a file."""
    if isinstance(error, StateError):
        return error.problems[0].headline
    with contextlib.suppress(OSError):
        if read_only(directory):
            return "the disk is read-only"
    return str(error)


def refusals(directory: Path) -> list[Problem]:
    """Find why `run` would refuse a state directory, without creating or locking it.

    Warnings are about what only its owner can find out, and about a damaged ledger, which would be set aside.
    """
    above = _existing(directory)
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            directory.lstat()  # raises whatever else is wrong with its name
        if above == directory:
            os.scandir(directory).close()
        if above != directory or not read_only(directory):
            with tempfile.TemporaryDirectory(dir=above, prefix=".mesibo-logwatch-"):
                pass
    except NotADirectoryError:
        return list(_no_directory(above).problems)
    except OSError as error:
        if error.errno in _FULL and above == directory:  # no reason not to start: run serves what was committed last
            why = "nothing can be committed; the last numbers are served, and all is counted when there is room"
            return [Problem(str(directory), "is on a full disk", why, "free some space there", warning=True)]
        stranger = isinstance(error, PermissionError) and os.geteuid() not in (0, above.stat().st_uid)
        problems = unusable(directory, f"{in_words(error)}, for user {ownership.me()}").problems
        return [replace(problem, warning=stranger) for problem in problems]
    for doubt in ownership.above(directory):
        why = f"it is {doubt.what}, so that others could put another directory in place"
        return list(unusable(doubt.path, why, doubt.remedy).problems)
    return _version(directory / FILE)


def refuse_newer(ledger: Path, *, at_rest: bool = True) -> None:
    """Raise StateError if a ledger has a newer schema, whatever else is wrong with it; it is left untouched."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(open_to_read(ledger, at_rest=at_rest)) as database:
        known_version(database, str(ledger))


def _version(ledger: Path) -> list[Problem]:
    try:
        if os.path.lexists(ledger):
            _refuse_foreign(ledger)
            with contextlib.closing(open_to_read(ledger)) as database:
                known_version(database, str(ledger))
    except StateError as error:
        return list(error.problems)
    except sqlite3.OperationalError:
        return []  # busy, or nobody may write beside it: run waits, or says so itself
    except sqlite3.DatabaseError as error:
        why = f"{error}; run sets it aside, and reading resumes at the end of the logs"
        return [Problem(str(ledger), "is damaged", why, "put a backup in its place", warning=True)]
    return []


def _keep_to_ourselves(directory: Path) -> None:
    """Tighten the modes of the directory and of our files in it; StateError where other users could change either.

    A directory without files of ours keeps its mode: it may have been named by mistake.
    """
    found = directory.stat()
    if found.st_uid not in (0, os.geteuid()):
        raise unusable(
            directory,
            f"it belongs to uid {found.st_uid}, who could redirect what is written here to another file",
            f"chown {os.geteuid()} {quoted(directory)}, or name another state.directory",
        )
    for doubt in ownership.above(directory):
        raise unusable(
            doubt.path, f"it is {doubt.what}, so that others could put another directory in place", doubt.remedy
        )
    ours = [path for path in directory.iterdir() if path.name.startswith(OURS)]
    for path in ours:
        status = _refuse_foreign(path, os.geteuid())
        if status.st_mode & 0o077:
            _tighten(path, 0o600)
    mine = found.st_uid == os.geteuid()  # else root's, such as a Kubernetes volume that one of our groups may write to
    if mine and (ours or not any(directory.iterdir())):
        if found.st_mode & 0o077:
            _tighten(directory, 0o700)
    elif found.st_mode & (0o022 if mine else 0o002):
        remedy = f"chmod {'go' if mine else 'o'}-w {quoted(directory)}, or name another state.directory"
        raise unusable(directory, "others can write there", remedy)


def _refuse_foreign(path: Path, owner: int | None = None) -> os.stat_result:
    """Return the status of ``path``; StateError if it is not a regular file, or does not belong to ``owner``."""
    status = path.lstat()
    if stat.S_ISREG(status.st_mode) and owner in (None, status.st_uid):
        return status
    what = "a link" if stat.S_ISLNK(status.st_mode) else "no file" + ("" if owner is None else f" of uid {owner}")
    raise unusable(
        path, f"it is {what}: files written here would end up elsewhere", f"look at it, then rm {quoted(path)}"
    )


def _existing(path: Path) -> Path:
    """Return a path, or the nearest one above it that exists."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path


def _no_directory(path: Path) -> StateError:
    return unusable(path, "it is not a directory", "name a directory as state.directory")


def _tighten(path: Path, mode: int) -> None:
    """Set a mode, and log that; do nothing on a read-only disk."""
    with contextlib.suppress(OSError):
        path.chmod(mode)
        structlog.get_logger().warning(
            "state_tightened", path=str(path), mode=f"{mode:o}", reason="others could read it"
        )


def refused(directory: Path, error: OSError) -> StateError:
    """Return the error about a directory that the system refuses, with a remedy for permissions or for the disk."""
    why = in_words(error)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        if not ownership.may_be_there(directory):
            remedy = "make it for the user that runs mesibo-logwatch (a restart of the service does), or name another"
            return unusable(directory, f"it is not there, and cannot be made ({why})", f"{remedy} state.directory")
        return unusable(directory, why)
    return unusable(directory, why, "see `df` and `dmesg` for the disk, and `ulimit -n`; then start it again")


def unusable(
    directory: Path,
    why: str,
    remedy: str = "make the user that runs mesibo-logwatch its owner, or name another state.directory",
) -> StateError:
    """Return the error about a directory that cannot hold a ledger."""
    return StateError.at(str(directory), "cannot keep the state here", why, remedy)


def set_aside(ledger: Path, at: float) -> tuple[Path, list[str]]:
    """Rename a damaged ledger and the files that belong to it, for inspection.

    Return its new name, and those of older ones that were deleted because there were too many.
    """
    kept = ledger.with_name(f"{ledger.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(at))}")
    older = {re.sub("-(wal|shm|journal)$", "", path.name) for path in ledger.parent.glob(f"{ledger.name}.damaged-*")}
    deleted = sorted(older)[: max(0, len(older) + 1 - SET_ASIDE)]
    with contextlib.suppress(OSError):  # then they stay
        for name in deleted:
            remove(ledger.with_name(name))
    while kept.exists():
        kept = kept.with_name(kept.name + "+")
    for part, its in zip(ledger_files(ledger), ledger_files(kept), strict=True):
        if part.exists():
            part.rename(its)
    return kept, deleted


def set_aside_at(ledger: Path) -> float | None:
    """Return when a ledger was last set aside, in seconds since the epoch; None if none is kept."""
    names = (path.name for path in ledger.parent.glob(f"{ledger.name}.damaged-*"))
    stamps = [found[1] for name in names if (found := re.search(r"damaged-(\d{8}T\d{6})Z", name))]
    return calendar.timegm(time.strptime(max(stamps), "%Y%m%dT%H%M%S")) if stamps else None


def ledger_files(ledger: Path) -> list[Path]:
    """Return the files of a ledger, whether they exist or not: the database and SQLite's side files."""
    return [ledger.with_name(ledger.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]


def remove(ledger: Path) -> None:
    """Delete a ledger that is no longer needed, and the files that belong to it."""
    for part in ledger_files(ledger):
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def copied(ledger: Path) -> Iterator[Path]:
    """Copy a ledger that cannot be opened in place, with its write-ahead log, to where there is room, while it is read.

    Raise StateError where there is no room anywhere: going on without the ledger would count lines twice.
    """
    for place in (None, "/dev/shm", "/run"):  # noqa: S108  fallbacks after TMPDIR; the directory is private
        with contextlib.ExitStack() as stack:
            try:
                directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="mesibo-logwatch-", dir=place))
                copy = Path(directory) / ledger.name
                for suffix in ("", "-wal"):
                    part = ledger.with_name(ledger.name + suffix)
                    if part.exists():
                        shutil.copyfile(part, copy.with_name(copy.name + suffix))
            except OSError:
                continue
            yield copy
            return
    raise no_copy(ledger, "there is no room for a copy")


def no_copy(ledger: Path, why: str) -> StateError:
    """Return the error about a ledger that can be neither opened in place nor read from a copy."""
    return StateError.at(
        str(ledger),
        "can be neither opened nor copied",
        f"{why}; without it, lines would be counted twice",
        "free some space on this disk or in /tmp, and end what else has the ledger open",
    )
