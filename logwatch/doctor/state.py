"""Check the state directory: there, writable, private, with room left, and with a ledger that is intact."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from logwatch import ownership
from logwatch.config import Config
from logwatch.doctor.check import Check, failure, ok, skipped, warning
from logwatch.doctor.host import Host
from logwatch.errors import StateError, in_words
from logwatch.events import quoted
from logwatch.ledger.directory import FILE, read_only, size
from logwatch.ledger.reader import NotReadable, Reader
from logwatch.words import bytes_, names

ROOM = 256 << 20  # bytes: the ledger takes a few MiB, and a full disk stops commits
LITTLE = 32 << 20
LONG_LOG = 64 << 20  # of the write-ahead log, which is cut to 4 MiB whenever no read holds it


def directory(host: Host, config: Config) -> Iterator[Check]:
    """Yield the rows of the state directory."""
    name, path = "state directory", Path(config.state.directory)
    try:
        found = ownership.is_there(path) and path.is_dir()
        if found:
            os.scandir(path).close()
    except OSError as error:
        yield skipped(name, f"{path}: {in_words(error)}", "run doctor as root or as the service's user")
        return
    if not found:
        yield _absent(name, path)
        return
    if read_only(path):
        why = "see why (`dmesg`), and mount it to be written" if host.has("dmesg") else "mount it to be written"
        yield failure(name, f"{path} is on a disk that is read-only: commits fail", f"{why}; nothing is lost so far")
        return
    if not os.access(path, os.W_OK | os.X_OK):
        yield failure(name, f"{path} is not writable for user {ownership.me()}", "make the service's user its owner")
        return
    yield _private(name, path)
    free = shutil.disk_usage(path).free
    room = f"{bytes_(free)} free where {path} is"
    if free < LITTLE:
        yield failure(
            "disk",
            f"{room}: commits fail, or are about to",
            f"free some space there (`df {quoted(path)}`); nothing is lost so far",
        )
    elif free < ROOM:
        yield warning("disk", room, "free some space before commits fail")
    else:
        yield ok("disk", room)
    yield _ledger(path / FILE)
    aside = sorted(each.name for each in path.glob(f"{FILE}.damaged-*"))
    if aside:
        look = "look at the disk (`dmesg`)" if host.has("dmesg") else "look at the disk"
        yield warning("ledger set aside", names(aside), f"{look}, then delete them")


def _private(name: str, path: Path) -> Check:
    """Check that only its owner can read the state: the ledger holds who was pushed to, and the key of the masks."""
    owner = path.stat().st_uid
    for each in [path, *path.glob(f"{FILE}*")]:
        found = each.lstat()
        if (each != path and stat.S_ISLNK(found.st_mode)) or found.st_uid != owner:
            return failure(name, f"{each} is a link, or another user's", f"look at it, then rm {quoted(each)}")
        if found.st_mode & 0o077 and not stat.S_ISLNK(found.st_mode):
            return warning(name, f"{each} can be read by others", "the next start tightens it: restart the service")
    return ok(name, str(path))


def _absent(name: str, path: Path) -> Check:
    """Return a row on a missing directory, which says whether the first start could make it."""
    above = next(parent for parent in path.parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK) or os.statvfs(above).f_blocks == 0:
        return failure(
            name,
            f"{path} is not there, and cannot be made in {above}: `run` would refuse it",
            "name another state.directory, on a disk that can be written",
        )
    return failure(name, f"{path} is not there", "a start makes it: restart mesibo-logwatch")


def _ledger(ledger: Path) -> Check:
    """Check that the ledger is intact, and of a schema that this program knows."""
    try:
        reader = Reader.of_state(ledger.parent)
        if reader is None:
            return warning("ledger", f"{ledger} is not there: nothing was ever committed", "start mesibo-logwatch")
        verdict = reader.verdict()
    except StateError as error:
        refused = error.problems[0]
        return failure("ledger", f"{refused.what}: `run` refuses it, since {refused.why}", refused.try_)
    except NotReadable as why:
        verdict = str(why)
    if verdict != "ok":
        return failure("ledger", verdict, "restart mesibo-logwatch: it keeps the damaged file and begins a new one")
    log = ledger.with_name(f"{FILE}-wal")
    if (waits := size(log)) > LONG_LOG:
        what = f"{log.name} has {bytes_(waits)}, and grows: a program keeps a read of the ledger open"
        return warning("ledger", what, f"end it: `fuser -v {quoted(ledger)}` shows it beside the service")
    return ok("ledger", f"intact, {bytes_(ledger.stat().st_size)}")
