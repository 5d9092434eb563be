"""Find out who runs this, whether a path may exist unseen by this user, and which directories above it are unsafe."""

import os
import pwd
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Doubt(NamedTuple):
    """A directory that is not safe, why, and the remedy."""

    path: Path
    what: str
    remedy: str


def may_be_there(path: str | Path) -> bool:
    """Return whether a path exists, or may exist: whoever opens it will get the error."""
    try:
        return is_there(path)
    except OSError:
        return True


def is_there(path: str | Path) -> bool:
    """Return whether a path leads to something; OSError if that is unknown, where Path.exists returns False."""
    try:
        os.stat(path)  # noqa: PTH116  the name may be no text
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def me() -> str:
    """Return the name of the user who runs this, or the number if there is none, as in many containers."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def above(path: Path) -> Iterator[Doubt]:
    """Yield the directories above ``path``, with and without links resolved, in which others could rename entries.

    In a directory with the sticky bit, such as /tmp, only an entry's owner can. Directories that cannot be looked at
    are left out: whoever reads ``path`` will get the error.
    """
    lexical = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow the links, which count as well
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError):
        resolved = lexical
    for directory in dict.fromkeys((*lexical.parents, *resolved.parents)):
        try:
            found = directory.stat()
        except OSError:
            continue
        if found.st_uid not in (0, os.geteuid()):
            yield Doubt(directory, f"owned by uid {found.st_uid}", f"chown root {shlex.quote(str(directory))}")
        elif found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
            yield Doubt(directory, "writable by others", f"chmod go-w {shlex.quote(str(directory))}")
