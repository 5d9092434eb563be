"""The state directory: made, held by one process at a time, and never written over when what is in it is damaged."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from logwatch.errors import Problem, StateError
from logwatch.ledger.schema import known_version

_SIDE_FILES = ("-wal", "-shm")


def hold(directory: Path) -> int:
    """Make the directory if need be and take it for this process; closing the descriptor gives it back.

    The lock is on the directory itself, so that it can be had on a full or read-only disk too.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unusable(directory, error.strerror or str(error)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StateError(
            Problem(
                str(directory),
                "in use by another mesibo-logwatch",
                "two of them would count every line twice",
                "stop the other one, or give this one a state.directory of its own",
            )
        ) from None
    read_only = os.statvfs(directory).f_flag & os.ST_RDONLY
    for path in (directory, *directory.glob("ledger.sqlite3*")):
        if not read_only and not os.access(path, os.R_OK | os.W_OK):
            os.close(descriptor)
            raise _unusable(path, f"not writable for user {os.geteuid()}")
    return descriptor


def refusals(directory: Path) -> list[Problem]:
    """Find why `run` would refuse a state directory, without making or holding it.

    What only its own user can tell, and a damaged ledger, which would be set aside, are warnings.
    """
    above = directory
    while not os.path.lexists(above) and above != above.parent:
        above = above.parent
    try:
        if above == directory:
            os.scandir(directory).close()
        if above != directory or not os.statvfs(directory).f_flag & os.ST_RDONLY:
            with tempfile.TemporaryDirectory(dir=above, prefix=".mesibo-logwatch-"):
                pass
    except OSError as error:
        stranger = isinstance(error, PermissionError) and os.geteuid() not in (0, above.stat().st_uid)
        refused = _unusable(directory, f"{error.strerror or error}, for user {os.geteuid()}").problems
        return [replace(problem, warning=stranger) for problem in refused]
    return _version(directory / "ledger.sqlite3")


def _version(ledger: Path) -> list[Problem]:
    try:
        if ledger.exists():
            with contextlib.closing(sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True)) as database:
                known_version(database, str(ledger))
    except StateError as error:
        return list(error.problems)
    except sqlite3.OperationalError:
        return []  # busy, or nobody may write beside it: run waits, or says so itself
    except sqlite3.DatabaseError as error:
        why = f"{error}; run sets it aside, and reading resumes at the end of the logs"
        return [Problem(str(ledger), "is damaged", why, "put a backup in its place", warning=True)]
    return []


def _unusable(path: Path, why: str) -> StateError:
    return StateError(
        Problem(
            str(path),
            "cannot keep the state here",
            why,
            "let it belong to the user that runs mesibo-logwatch, or name another state.directory",
        )
    )


def set_aside(ledger: Path, at: float) -> Path:
    """Rename a damaged ledger and the files that belong to it, for somebody to look at; give its new name."""
    kept = ledger.with_name(f"{ledger.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(at))}")
    while kept.exists():
        kept = kept.with_name(kept.name + "+")
    for suffix in ("", *_SIDE_FILES):
        part = ledger.with_name(ledger.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    return kept


def remove(ledger: Path) -> None:
    """Delete a ledger that nobody needs, and the files that belong to it."""
    for suffix in ("", "-journal", *_SIDE_FILES):
        ledger.with_name(ledger.name + suffix).unlink(missing_ok=True)


@contextlib.contextmanager
def copied(ledger: Path) -> Iterator[Path]:
    """Copy a ledger to where there is room, for as long as it is read; its write-ahead log may hold the newest numbers.

    Raises StateError when it can neither be opened in place nor copied: going on without it would count twice.
    """
    for place in (None, "/dev/shm", "/run"):  # noqa: S108  fallbacks behind TMPDIR; the directory is private
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
    raise StateError(
        Problem(
            str(ledger),
            "can be neither opened nor copied",
            "without it, lines would be counted twice",
            "free some space on this disk or in /tmp",
        )
    )
