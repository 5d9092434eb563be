"""Open files by names that come from people: a pipe without a writer must not block us."""

import os
import stat
from os import PathLike
from pathlib import Path
from typing import BinaryIO

SECRETS = Path("/etc/mesibo-logwatch/secrets")
AFTER_RESTART = f"what lies in {SECRETS} is handed to the service when it starts: systemctl restart mesibo-logwatch"
LARGEST_SECRET = 1 << 20  # bytes: systemd hands over no larger one, and real ones have a few KiB

_WHAT = {stat.S_IFDIR: "directory", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}


class NotAFileError(OSError):
    """A directory, a pipe, a socket or a device is in place of a regular file."""


def handed(path: str | PathLike[str]) -> Path | None:
    """Return systemd's copy of a file in the secrets directory, which the service cannot see; None if there is none.

    Each file NAME there is handed over as ``secret_NAME`` when the service starts (LoadCredential in the unit), so that
    the configuration names one path for everybody.
    """
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if not given or Path(path).parent != SECRETS:
        return None
    copy = copy_in(Path(given), path)
    return copy if copy.exists() else None


def is_out_of_sight(path: str | PathLike[str]) -> bool:
    """Return whether systemd handed a file to the service, but shows it to no other process.

    The check of a reload runs with the service's settings and user, and may not look there all the same (systemd 252).
    """
    given = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return bool(given) and Path(path).parent == SECRETS and not os.access(given, os.X_OK)


def copy_in(given: Path, path: str | PathLike[str]) -> Path:
    """Return where systemd puts its copy of a file in the secrets directory, among a service's credentials."""
    return given / f"secret_{Path(path).name}"


def open_file(path: str | PathLike[str]) -> BinaryIO:
    """Open a regular file for reading; raise OSError as ``open`` does, and NotAFileError for anything else."""
    return os.fdopen(open_regular(path)[0], "rb")


def open_regular(path: str | PathLike[str]) -> tuple[int, os.stat_result]:
    """Return a descriptor of a regular file, and its status; raise OSError as ``open_file`` does."""
    _make_sure(os.stat(path))  # noqa: PTH116  opening a pipe would already wake up its writer
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        return descriptor, _make_sure(os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise


def _make_sure(status: os.stat_result) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError(f"it is a {_WHAT.get(stat.S_IFMT(status.st_mode), 'device')}")
    return status
