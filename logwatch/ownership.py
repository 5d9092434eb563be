"""Says who runs this, what that user may not ask for, and above a path where others could put another thing."""

import os
import pwd
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Doubt(NamedTuple):
    """A directory that is not safe, why, and what mends it."""

    path: Path
    what: str
    remedy: str


def may_be_there(path: str | Path) -> bool:
    """Return whether a path leads to something, also where that cannot be told: whoever opens it hears why not."""
    try:
        os.stat(path)  # noqa: PTH116  the name may be no text
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def is_there(path: str | Path) -> bool:
    """Return whether a path leads to something; OSError where that cannot be told: Path.exists says no."""
    try:
        os.stat(path)  # noqa: PTH116  as above
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def me() -> str:
    """Return the name of the user that runs this; its number where it has no name, as in many a container."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def above(path: Path) -> Iterator[Doubt]:
    """Yield the directories above ``path``, links resolved and not, in which others could rename what lies in them.

    A directory with the sticky bit, such as /tmp, keeps what is in it to its owner. What cannot be looked at is left
    out: who reads ``path`` will be told.
    """
    lexical = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow the links that are looked at as well
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
