"""Check the logs of a source: there, readable, fresh, with push lines that parse and plausible stamps."""

import contextlib
import grp
import os
import pwd
import shlex
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from logwatch import envelope, ownership
from logwatch.assembly import Parts, discovery
from logwatch.config import Source
from logwatch.diagnosis import blind
from logwatch.diagnosis.facts import SourceSetup
from logwatch.diagnosis.watching import FRESH_SECONDS
from logwatch.doctor.check import Check, failure, ok, skipped, warning
from logwatch.doctor.host import Host, NoAnswer
from logwatch.errors import in_words
from logwatch.events import quoted
from logwatch.journal import ask
from logwatch.journal.place import GROUP, Target
from logwatch.mesibo_conf import PushLogging
from logwatch.model import PLAIN, Scan
from logwatch.parse import Scanner
from logwatch.unpack import format_of
from logwatch.words import apart, bytes_, many, number, share, span

SERVICE_USER = "mesibo-logwatch"
LOOKED_AT = 1 << 20  # bytes at the end of the newest file
HEAD_BYTES = 1 << 18  # at its beginning
JOURNAL_ENTRIES = 5000  # the newest ones, which are read
_JOURNAL_GROUPS = {GROUP, "adm", "wheel"}  # that may read it (systemd-journald.service(8), Access Control)
_ASKED = 50  # files that are tried as another user: a process each
_SHAPES = 3
_DOCKER = (
    "`make install` again, which adds the unit's drop-in for Docker; from the package"
    f" `cp /usr/share/{SERVICE_USER}/systemd/docker.conf /etc/systemd/system/{SERVICE_USER}.service.d/`"
    " (make that directory), `systemctl daemon-reload`, and restart"
)
CLOSE_SECONDS = 120.0  # a stamp this close to the file's time agrees with it
_READS_ALL = "cap_dac_read_search"  # the capability of the unit's drop-in for Docker, podman and pods
_STRAY, _READABLE = 0.99, 0.95  # shares of push lines that parse: above, the rest is stray; below, another dialect
HALF_HOUR = 1800.0  # zones differ by multiples of it, or nearly so


def there(source: Source) -> tuple[str, str]:
    """Return the names of the rows that, if ok, show that a log is there: of files, and of a journal."""
    return f"log of {source.name}", f"log of {source.name}: fresh"


def source(host: Host, parts: Parts, source: Source, conf: PushLogging) -> Iterator[Check]:
    """Yield the rows of one source; its files are found and read by the daemon's own code."""
    name = f"log of {source.name}"
    if source.journal is not None:
        yield from _journal(name, host, parts, source, conf)
        return
    found = discovery(source).find(host.now())
    paths = [path for path in found.paths if os.path.isfile(path)]  # noqa: PTH113  names may be no text
    wrong = [problem for problem in found.problems if not problem.warning]
    closed = [each for each in found.paths if not os.path.exists(each) and ownership.may_be_there(each)]  # noqa: PTH110
    if closed and not paths and not wrong:
        what = f"user {ownership.me()} may not access {closed[0]}"
        yield skipped(name, what, "run doctor as root or as the service's user")
    elif not paths or wrong:
        where = ", ".join(source.paths) or f"container {source.docker.container if source.docker else ''}"
        told = [problem.headline for problem in wrong or found.problems]
        tries = [problem.try_ for problem in wrong or found.problems if problem.try_]
        yield failure(
            name,
            "; ".join(told) if paths else "; ".join((f"nothing is there: {where}", *told)),
            tries[0] if tries else "correct the source's paths; see where mesibo logs to",
        )
    if not paths:
        return
    newest = max(paths, key=_written)
    if not wrong:
        yield ok(name, f"{many(len(paths), 'file', 'files')}, the newest {newest}")
    yield _readable(host, name, paths, docker=source.docker is not None)
    try:
        status = os.stat(newest)  # noqa: PTH116  see above
        head, data = _ends_of(newest, status.st_size)
    except OSError as error:
        yield failure(
            f"{name}: fresh",
            f"{newest} cannot be read: {in_words(error)}",
            "make it readable for the user who runs this",
        )
        return
    if packed := format_of(head):
        what = f"{newest} is packed with {packed}: an archive is read once, and nothing is followed"
        yield warning(f"{name}: text", what, "name the log itself; rotated files are found automatically")
        return
    if not data:
        what = "has no whole line yet" if status.st_size else "is empty"
        yield warning(f"{name}: fresh", f"{newest} {what}", "check whether mesibo logs to another file now")
        return
    if not_text := envelope.no_text(head):
        yield failure(
            f"{name}: text", f"{newest} {not_text.what}: {not_text.why}", not_text.remedy.format(quoted(newest))
        )
        return
    scanner = parts.scanner(source)
    wrapped = envelope.settled(head + data, scanner.owns, source.envelope)
    yield ok(f"{name}: envelope", envelope.label(wrapped))
    lines = envelope.cut(data, wrapped, 0, final=True).data
    scan = scanner.scan(lines, envelope=wrapped, reference=status.st_mtime)
    yield _fresh(host, name, newest, status, scan)
    setup = SourceSetup((newest,), source.grammar, parts.config.grammars.own, conf)
    yield from _pushes(source.name, scan, len(data), setup)
    yield _clock(host, name, source, scanner, envelope.unwrap(lines, wrapped), status.st_mtime)


def _written(path: str) -> float:
    """Return when a file was last written; 0 for one that has gone since it was found."""
    try:
        return os.stat(path).st_mtime  # noqa: PTH116  the name may be no text
    except OSError:
        return 0.0


def _journal(name: str, host: Host, parts: Parts, source: Source, conf: PushLogging) -> Iterator[Check]:
    """Yield the rows of a source in the journal."""
    assert source.journal
    target = source.journal.target
    if problem := ask.problem(target):
        why = f": {problem.why}" if problem.why else ""
        yield failure(name, f"{problem.where}: {problem.what}{why}", problem.try_)
        return
    yield from _in_group(f"{name}: readable", host, target)
    if several := ask.several_hosts(target):
        yield warning(f"{name}: hosts", f"{several.where}: {several.what}: {several.why}", several.try_)
    try:
        entries = ask.newest(target, JOURNAL_ENTRIES)
    except ask.NoJournalError as error:
        yield failure(name, error.problem.headline, error.problem.try_)
        return
    written = int(entries[-1][b"__REALTIME_TIMESTAMP"]) / 1e6
    age = max(0.0, host.now() - written)
    what = f"{target.words} in the journal, last entry {span(age)} ago"
    if age > FRESH_SECONDS:
        yield warning(f"{name}: fresh", what, "check whether mesibo is running, and whether it logs elsewhere now")
    else:
        yield ok(f"{name}: fresh", what)
    data = ask.lines(entries, parts.config.follow.max_line_bytes)
    scanner = parts.scanner(source)
    scan = scanner.scan(data, envelope=PLAIN, reference=written)
    setup = SourceSetup((), source.grammar, parts.config.grammars.own, conf)
    yield from _pushes(source.name, scan, len(data), setup)
    yield _clock(host, name, source, scanner, envelope.unwrap(data, PLAIN), written)


def _in_group(row: str, host: Host, target: Target) -> Iterator[Check]:
    """Check that the service's user may read the journal: by its groups, or by those that the unit adds."""
    if target.directory or os.geteuid() != 0:
        return  # a mounted journal has modes of its own; and only root can check for another user
    reader = _service(host)
    if reader is None:
        yield skipped(row, f"there is no user {SERVICE_USER} to ask for")
        return
    groups = {each.gr_name for each in grp.getgrall() if each.gr_gid in reader.groups}  # a group may have no name
    if groups & _JOURNAL_GROUPS:
        yield ok(row, f"for the user {SERVICE_USER}, by the group {min(groups & _JOURNAL_GROUPS)}")
    else:
        yield failure(
            row,
            f"the user {SERVICE_USER} is in none of the groups {', '.join(sorted(_JOURNAL_GROUPS))}{reader.doubt}",
            f"`make install` again, which adds the group where a source needs it; or `systemctl edit {SERVICE_USER}`,"
            f" [Service], SupplementaryGroups={GROUP}, and restart",
        )


def _fresh(host: Host, name: str, path: str, status: os.stat_result, scan: Scan) -> Check:
    """Judge by the newest line's own time (a copy is written now) or, if older, the file's (stamps may be ahead)."""
    logged = status.st_mtime if scan.logged_at is None else scan.logged_at
    age = max(0.0, host.now() - min(status.st_mtime, logged))
    newest = "" if scan.logged_at is None else f", its newest line logged {span(max(0.0, host.now() - logged))} ago"
    written = span(max(0.0, host.now() - status.st_mtime))
    what = f"{path}, {bytes_(status.st_size)}, last written {written} ago{newest}"
    if age > FRESH_SECONDS:
        return warning(
            f"{name}: fresh", what, "check whether mesibo is running, and whether it logs to another file now"
        )
    return ok(f"{name}: fresh", what)


def _readable(host: Host, name: str, paths: list[str], *, docker: bool) -> Check:
    """Try as the service's user if possible: file modes alone do not decide, because of ACLs."""
    row = f"{name}: readable"
    reader = _service(host)
    if os.geteuid() == 0 and reader is not None:
        if reader.reads_all:
            return ok(row, f"for the service, whose unit gives it {_READS_ALL.upper()}")
        ask = partial(_refused, reader)
        try:
            refused = [path for path in paths[:_ASKED] if ask("-r", path)]
            above = reversed(Path(refused[0]).parents) if refused else ()
            closed = [str(directory) for directory in above if ask("-x", directory)]
            directories = sorted({os.path.dirname(path) for path in paths[:_ASKED]})  # noqa: PTH120  as above
            unlisted = [directory for directory in directories if not refused and ask("-r", directory)]
        except OSError as error:  # root without the right to be anybody else, as in a container without capabilities
            why = f"this root cannot ask as the user {SERVICE_USER}: {in_words(error)}"
            return skipped(row, why, "run doctor as the service's user")
        if not refused and not unlisted:
            return ok(row, f"for the user {SERVICE_USER}")
        if unlisted:
            told, path, right = f"list {unlisted[0]}: what is new or rotated there is not found", unlisted[0], "rx"
        else:
            told, path, right = f"read {refused[0]}", refused[0], "r"
            told += f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        if closed:
            told += f", since {closed[0]} is closed to it"
            path, right = closed[0], "rx" if closed[0] == os.path.dirname(refused[0]) else "x"  # noqa: PTH120  as above
        told += reader.doubt
        return failure(row, f"the user {SERVICE_USER} may not {told}", _opened(host, path, right, docker=docker))
    unread = [path for path in paths if not os.access(path, os.R_OK)]
    if unread:
        return failure(
            row, f"user {ownership.me()} may not read {unread[0]}", "run doctor as the service's user, or as root"
        )
    who = f"user {ownership.me()}"
    return ok(row, f"for {who}; there is no user {SERVICE_USER} to ask for" if reader is None else f"for {who}")


class _Service(NamedTuple):
    """The user whom the service runs as, and the rights that its unit adds."""

    user: int
    group: int
    groups: list[int]
    reads_all: bool
    doubt: str  # what is not known of it, as the rest of a sentence


def _service(host: Host) -> _Service | None:
    """Ask for the rights of the service; None if there is no such user."""
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return None
    added, doubt = {}, ""
    try:
        added = host.properties(f"{SERVICE_USER}.service", "AmbientCapabilities", "SupplementaryGroups")
    except NoAnswer as why:
        doubt = f"; what its unit adds is not known: {why}"
    groups = [
        *os.getgrouplist(user.pw_name, user.pw_gid),
        *_numbers(added.get("SupplementaryGroups", "").split()),
    ]
    reads_all = _READS_ALL in added.get("AmbientCapabilities", "").split()
    return _Service(user.pw_uid, user.pw_gid, groups, reads_all, doubt)


def _numbers(groups: list[str]) -> Iterator[int]:
    """Yield the numbers of a unit's groups, all of which exist: systemd does not start a unit with an unknown one."""
    for name in groups:
        with contextlib.suppress(KeyError):
            yield int(name) if name.isdigit() else grp.getgrnam(name).gr_gid


def _refused(to: _Service, right: str, path: str | Path) -> bool:
    """Return whether the service is refused a right; OSError if no process can run as its user."""
    asked = ["/usr/bin/test", right, path]
    done = subprocess.run(asked, user=to.user, group=to.group, extra_groups=to.groups, check=False)  # noqa: S603  one fixed program
    return bool(done.returncode)


def _opened(host: Host, path: str, right: str, *, docker: bool) -> str:
    """Return how to give the service's user a right: for a file (r), through a directory (x), or to list it (rx)."""
    if docker:
        return _DOCKER
    name = shlex.quote(path)
    if host.has("setfacl"):
        more = "" if "x" in right else ", and a default ACL on its directory for files to come"
        return f"`setfacl -m u:{SERVICE_USER}:{right} {name}`{more}"
    more = "" if "x" in right else ", and the same wherever the log is created anew"
    return f"`chgrp {SERVICE_USER} {name}; chmod g+{right} {name}`{more}"


def _ends_of(path: str, size: int) -> tuple[bytes, bytes]:
    """Return whole lines from a file's beginning, by which the daemon detects their envelope, and from its end.

    Of a packed file, the first bytes are returned as they are, and no lines of its end.
    """
    with open(path, "rb") as file:  # noqa: PTH123  names may be no text
        head = file.read(HEAD_BYTES)
        if format_of(head):
            return head, b""
        file.seek(max(0, size - LOOKED_AT))
        data = file.read(LOOKED_AT)
    if size > LOOKED_AT:
        data = data[data.find(b"\n") + 1 :]
    return head[: head.rfind(b"\n") + 1], data[: data.rfind(b"\n") + 1]


def _pushes(source: str, scan: Scan, size: int, setup: SourceSetup) -> Iterator[Check]:
    row = f"log of {source}: push lines"
    unread = scan.unparsed.total()
    results = sum(seen.count for seen in scan.results.values())
    if not results and not unread:
        none = f"none among the last {number(scan.lines)} lines ({bytes_(size)})"
        standby = "on a standby this is normal"
        if setup.push.state == "on":
            yield warning(
                row,
                f"{none}, though {setup.push.path} says `push = 1`: a standby, or nobody needed a push",
                f"{standby}; on an active mesibo restart it if it runs since before that was set, and send a test push"
                " (Step 8)",
            )
        else:
            yield warning(
                row,
                none,
                f"{standby}; else set `logs {{ push = 1 }}` in {setup.push.path}, restart mesibo, and send a test push"
                " (Step 8)",
            )
        return
    yield ok(row, f"{number(results + unread)} among the last {number(scan.lines)} lines")
    read = results / (results + unread)
    row = f"log of {source}: parsed"
    if not unread:
        yield ok(row, f"all {number(results)} push lines")
        return
    causes = ", ".join(blind.counted(cause, count) for cause, count in scan.unparsed.items())
    told = f"{share(read)} of the push lines can be read; of the others {causes}"
    fronts = list(dict.fromkeys(sample.front for sample in scan.samples if sample.front.strip()))
    if fronts:
        told += "; they begin with " + ", ".join(f'"`{front}`"' for front in fronts[:_SHAPES])
    if shapes := sorted(scan.samples, key=lambda sample: -sample.count)[:_SHAPES]:
        told += "; they look like " + ", ".join(f"`{sample.shape}` ({number(sample.count)})" for sample in shapes)
    if read >= _STRAY:
        yield ok(row, told)
    else:
        yield (failure if read < _READABLE else warning)(row, told, f"`{blind.propose(source, setup)}`")


def _clock(
    host: Host, name: str, source: Source, scanner: Scanner, lines: list[envelope.Line], written: float
) -> Check:
    """Compare the newest stamp with the file's own time, which is this host's clock."""
    row = f"{name}: clock"
    for line in reversed(lines):
        if not line.refused and scanner.owns(line.payload):
            at = scanner.time((line.payload, ""), written)
            break
    else:
        return skipped(row, "no line has a stamp")
    if at is None:
        return failure(
            row, "the newest stamp is not a date", "check whether the stamps are DDMM, and the clock of mesibo's host"
        )
    ahead = at - written
    if abs(ahead) <= CLOSE_SECONDS:
        return ok(row, f"the newest stamp agrees with the file's time in {source.timezone}")
    direction = "ahead of" if ahead > 0 else "behind"
    told = f"the newest stamp is {apart(abs(ahead))} {direction} the time the file was written"
    off = abs(ahead) % HALF_HOUR
    if abs(ahead) > HALF_HOUR / 2 and min(off, HALF_HOUR - off) <= CLOSE_SECONDS:
        return failure(row, told, f"its zone is not {source.timezone}: name the right one in the source's timezone")
    return warning(
        row,
        told,
        "compare the clock of mesibo's host with this one's" + (" (`timedatectl`)" if host.has("timedatectl") else ""),
    )
