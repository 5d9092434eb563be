"""Looks at the logs of a source: there, readable, fresh, with push lines that parse and stamps that can be true."""

import glob
import grp
import os
import pwd
import re
import subprocess
from collections.abc import Iterator

from logwatch import envelope
from logwatch.assembly import Parts
from logwatch.config import Source
from logwatch.diagnosis.words import bytes_, number, share, span
from logwatch.discover import containers
from logwatch.doctor.check import Check, Host, NoAnswer, failure, ok, skipped, warning
from logwatch.journal import GROUP, Target, ask
from logwatch.model import EnvelopeKind, Scan
from logwatch.parse import timestamp

SERVICE_USER = "mesibo-logwatch"
LOOKED_AT = 1 << 20  # bytes at the end of the newest file
JOURNAL_ENTRIES = 5000  # the newest ones that are looked at
_JOURNAL_GROUPS = {GROUP, "adm", "wheel"}  # that may read it (systemd-journald.service(8), Access Control)
FRESH_SECONDS = 900.0
CLOSE_SECONDS = 120.0  # a stamp that near to the file's time is as good as the same
_STRAY, _READABLE = 0.99, 0.95  # shares of push lines that parse: above, stray lines; below, another dialect
HALF_HOUR = 1800.0  # zones differ by multiples of it, or nearly so
_STAMPED = re.compile(rb"^(?:[A-Z]|\*\*[A-Z]+\*\*|http-)(\d{4}-\d{6}-\d{3})(?: \(\d+\))?:")


def source(host: Host, parts: Parts, source: Source) -> Iterator[Check]:
    """Give the rows of one source."""
    name = f"log of {source.name}"
    if source.journal is not None:
        yield from _journal(name, host, parts, source, source.journal.target)
        return
    paths = _paths(source)
    if not paths:
        where = ", ".join(source.paths) or f"container {source.docker.container if source.docker else ''}"
        yield failure(name, f"nothing is there: {where}", "correct the source's paths; see where mesibo logs to")
        return
    newest = max(paths, key=lambda path: os.stat(path).st_mtime)  # noqa: PTH116  names may be no text
    yield from _readable(name, newest)
    try:
        found = os.stat(newest)  # noqa: PTH116  see above
        data = _end_of(newest, found.st_size)
    except OSError as error:
        yield failure(name, f"{newest} cannot be read: {error.strerror}", "give the user that runs this the right to")
        return
    age = max(0.0, host.now() - found.st_mtime)
    what = f"{newest}, {bytes_(found.st_size)}, last written {span(age)} ago"
    if not data:
        yield warning(f"{name}: fresh", f"{newest} is empty", "see whether mesibo logs to another file now")
        return
    if age > FRESH_SECONDS:
        yield warning(f"{name}: fresh", what, "see whether mesibo runs, and whether it logs to another file now")
    else:
        yield ok(f"{name}: fresh", what)
    kind: EnvelopeKind = source.envelope if source.envelope != "auto" else envelope.detect(data)
    scan = parts.scanner(source).scan(data, envelope=kind, reference=found.st_mtime)
    yield from _pushes(name, scan, len(data))
    yield _clock(name, source, data, kind, found.st_mtime)


def _journal(name: str, host: Host, parts: Parts, source: Source, target: Target) -> Iterator[Check]:
    """Give the rows of a source in the journal."""
    if problem := ask.problem(target):
        why = f": {problem.why}" if problem.why else ""
        yield failure(name, f"{problem.where}: {problem.what}{why}", problem.try_)
        return
    yield from _in_group(f"{name}: readable", host, target)
    try:
        entries = ask.newest(target, JOURNAL_ENTRIES)
    except ask.NoAnswer as error:
        yield failure(name, error.problem.headline, error.problem.try_)
        return
    written = int(entries[-1][b"__REALTIME_TIMESTAMP"]) / 1e6
    age = max(0.0, host.now() - written)
    what = f"{target.words} in the journal, last entry {span(age)} ago"
    if age > FRESH_SECONDS:
        yield warning(f"{name}: fresh", what, "see whether mesibo runs, and whether it logs elsewhere now")
    else:
        yield ok(f"{name}: fresh", what)
    data = ask.lines(entries, parts.config.follow.max_line_bytes)
    scan = parts.scanner(source).scan(data, envelope="plain", reference=written)
    yield from _pushes(name, scan, len(data))
    yield _clock(name, source, data, "plain", written)


def _in_group(row: str, host: Host, target: Target) -> Iterator[Check]:
    """Ask whether the service's user may read the journal: by its groups, or by those that the unit adds."""
    if target.directory or os.geteuid() != 0:
        return  # modes of a mounted journal are whatever they are; and whoever asks here has just read it
    try:
        user = pwd.getpwnam(SERVICE_USER)
        added = host.run(["systemctl", "show", f"{SERVICE_USER}.service", "--property=SupplementaryGroups"])
    except (KeyError, NoAnswer):
        yield skipped(row, f"there is no user {SERVICE_USER}, or no systemd, to ask for")
        return
    groups = {grp.getgrgid(number).gr_name for number in os.getgrouplist(user.pw_name, user.pw_gid)}
    groups |= set(added.strip().partition("=")[2].split())
    if groups & _JOURNAL_GROUPS:
        yield ok(row, f"for the user {SERVICE_USER}, by the group {min(groups & _JOURNAL_GROUPS)}")
    else:
        yield failure(
            row,
            f"the user {SERVICE_USER} is in none of the groups {', '.join(sorted(_JOURNAL_GROUPS))}",
            f"`make install` again, which adds the group where a source needs it; or `systemctl edit {SERVICE_USER}`,"
            f" [Service], SupplementaryGroups={GROUP}, and restart",
        )


def _paths(source: Source) -> list[str]:
    if source.docker is not None:
        known, _ = containers(source.docker.root)
        found = [each.path for each in known if each.name == source.docker.container and each.path]
    else:
        found = [path for pattern in source.paths for path in glob.glob(pattern, recursive=True)]  # noqa: PTH207  absolute
    return [path for path in found if os.path.isfile(path)]  # noqa: PTH113  names may be no text


def _readable(name: str, path: str) -> Iterator[Check]:
    """Ask as the service's user where that can be done; file modes alone do not tell, for there are ACLs."""
    row = f"{name}: readable"
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        user = None
    if os.geteuid() == 0 and user is not None:
        groups = os.getgrouplist(user.pw_name, user.pw_gid)
        done = subprocess.run(  # noqa: S603  one fixed program
            ["/usr/bin/test", "-r", path], user=user.pw_uid, group=user.pw_gid, extra_groups=groups, check=False
        )
        if done.returncode == 0:
            yield ok(row, f"for the user {SERVICE_USER}")
        else:
            yield failure(
                row,
                f"the user {SERVICE_USER} may not read {path}",
                f"setfacl -m u:{SERVICE_USER}:r on the file (and a default ACL on its directory), or for Docker's logs"
                " AmbientCapabilities=CAP_DAC_READ_SEARCH in the unit",
            )
    elif os.access(path, os.R_OK):
        who = "root" if os.geteuid() == 0 else f"user {os.geteuid()}"
        yield ok(row, f"for {who}; there is no user {SERVICE_USER} to ask for" if user is None else f"for {who}")
    else:
        yield failure(row, f"user {os.geteuid()} may not read {path}", "run this as the service's user, or as root")


def _end_of(path: str, size: int) -> bytes:
    """Give whole lines from the end of a file."""
    with open(path, "rb") as file:  # noqa: PTH123  see above
        file.seek(max(0, size - LOOKED_AT))
        data = file.read(LOOKED_AT)
    if size > LOOKED_AT:
        data = data[data.find(b"\n") + 1 :]
    return data[: data.rfind(b"\n") + 1]


def _pushes(name: str, scan: Scan, size: int) -> Iterator[Check]:
    row = f"{name}: push lines"
    unparsed = sum(amount for cause, amount in scan.unparsed.items() if cause != "misplaced")
    results = sum(seen.count for seen in scan.results.values())
    if not results and not unparsed:
        yield warning(
            row,
            f"none among the last {number(scan.lines)} lines ({bytes_(size)})",
            "set logs { push = 1 } in mesibo.conf, restart mesibo, and send a test push (Step 8)",
        )
        return
    yield ok(row, f"{number(results + unparsed)} among the last {number(scan.lines)} lines")
    read = results / (results + unparsed)
    row = f"{name}: parsed"
    if not unparsed:
        yield ok(row, f"all {number(results)} push lines")
        return
    told = f"{share(read)} of the push lines" + (f"; others look like: {scan.samples[0].shape}" if scan.samples else "")
    if read >= _STRAY:
        yield ok(row, told)
    else:
        remedy = "see `mesibo-logwatch grammar trace`; a dialect of its own takes a grammar of its own"
        yield (failure if read < _READABLE else warning)(row, told, remedy)


def _clock(name: str, source: Source, data: bytes, kind: EnvelopeKind, written: float) -> Check:
    """Compare the newest stamp with the file's own time, which is this host's clock."""
    row = f"{name}: clock"
    lines = [line.payload for line in envelope.unwrap(data)] if kind == "docker" else data.split(b"\n")
    for line in reversed(lines):
        if found := _STAMPED.match(line):
            at = timestamp.seconds_of(found[1].decode(), written, source.zone)
            break
    else:
        return skipped(row, "no line has a stamp")
    if at is None:
        return failure(
            row, "the newest stamp is no date", "see whether the stamps are DDMM, and the clock of mesibo's host"
        )
    ahead = at - written
    if abs(ahead) <= CLOSE_SECONDS:
        return ok(row, f"the newest stamp agrees with the file's time in {source.timezone}")
    direction = "ahead of" if ahead > 0 else "behind"
    told = f"the newest stamp is {span(abs(ahead))} {direction} the time the file was written"
    off = abs(ahead) % HALF_HOUR
    if abs(ahead) > HALF_HOUR / 2 and min(off, HALF_HOUR - off) <= CLOSE_SECONDS:
        return failure(row, told, f"its zone is not {source.timezone}: name the right one in the source's timezone")
    return warning(row, told, "compare the clock of mesibo's host with this one's (`timedatectl`)")
