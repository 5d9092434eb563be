"""Open files by names that come from people: a pipe without a writer must not block us."""

import errno
import os
import stat
from os import PathLike
from pathlib import Path
from typing import BinaryIO

SECRETS = Path("/etc/mesibo-logwatch/secrets")
LARGEST_SECRET = 1 << 20  # bytes: systemd hands over no larger one, and real ones have a few KiB


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


def copy_in(given: Path, path: str | PathLike[str]) -> Path:
    """Return where systemd puts its copy of a file in the secrets directory, among a service's credentials."""
    return given / f"secret_{Path(path).name}"


def open_file(path: str | PathLike[str]) -> BinaryIO:
    """Open a regular file for reading; raise OSError as ``open`` does, and for anything that is not a regular file."""
    _make_sure(path, os.stat(path))  # noqa: PTH116  opening a pipe would already wake up its writer
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    try:
        _make_sure(path, os.fstat(file.fileno()))
    except OSError:
        file.close()
        raise
    return file


def _make_sure(path: str | PathLike[str], status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))
