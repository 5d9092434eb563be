"""Check the logs of a source: there, readable, fresh, with push lines that parse and plausible stamps."""

import os
from collections.abc import Iterator

from logwatch import envelope, ownership
from logwatch.assembly import Parts, discovery
from logwatch.config import Source
from logwatch.diagnosis import blind
from logwatch.diagnosis.facts import SourceSetup
from logwatch.diagnosis.watching import FRESH_SECONDS
from logwatch.discover import DiscoveredPaths
from logwatch.doctor import rights
from logwatch.doctor.check import Check, failure, ok, skipped, warning
from logwatch.doctor.host import Host
from logwatch.errors import in_words
from logwatch.events import quoted
from logwatch.journal import ask
from logwatch.journal.child import NoJournalError
from logwatch.mesibo_conf import PushLogging
from logwatch.model import PLAIN, Scan
from logwatch.moments import is_zone
from logwatch.parse import Scanner
from logwatch.regular_file import open_regular
from logwatch.unpack import format_of
from logwatch.words import apart, bytes_, many, number, share, span

LOOKED_AT = 1 << 20  # bytes at the end of the newest file
HEAD_BYTES = 1 << 18  # at its beginning
JOURNAL_ENTRIES = 5000  # the newest ones, which are read
_SHAPES = 3
_STRANGE = 200  # push lines, the newest, among which the envelope may have changed
CLOSE_SECONDS = 120.0  # a stamp this close to the file's time agrees with it
_STRAY, _READABLE = 0.99, 0.95  # shares of push lines that parse: above, the rest is stray; below, another dialect


def there(source: Source) -> tuple[str, str]:
    """Return the names of the rows that, if ok, show that a log is there: of files, and of a journal."""
    return f"log of {source.name}", f"log of {source.name}: fresh"


def rows(host: Host, parts: Parts, source: Source, conf: PushLogging, options: str = "") -> Iterator[Check]:
    """Yield the rows of one source; its files are found and read by the daemon's own code.

    ``options`` are those by which a command finds the configuration.
    """
    if source.journal is not None:
        yield from _journal(host, parts, source, conf, options)
        return
    name = f"log of {source.name}"
    found = discovery(source).find(host.now())
    paths = [path for path in found.paths if os.path.isfile(path)]  # noqa: PTH113  names may be no text
    yield from _found(name, source, found, paths)
    if not paths:
        return
    yield rights.to_files(host, name, paths, docker=source.docker is not None)
    newest = max(paths, key=_written)
    try:
        status = os.stat(newest)  # noqa: PTH116  see above
        head, data = _ends_of(newest, status.st_size)
    except OSError as error:
        what = f"{newest} cannot be read: {in_words(error)}"
        yield failure(f"{name}: fresh", what, "make it readable for the user who runs this")
        return
    if problem := _no_lines(name, newest, status, head, data):
        yield problem
        return
    scanner = parts.scanner(source)
    wrapped = envelope.settled(head + data, scanner.owns, source.envelope)
    yield ok(f"{name}: envelope", envelope.label(wrapped))
    lines = envelope.cut(data, wrapped, 0, final=True).data
    scan = scanner.scan(lines, envelope=wrapped, reference=status.st_mtime)
    yield _written_to(host, name, newest, status, scan)
    setup = SourceSetup((newest,), source.grammar, parts.config.grammars.own, conf, options)
    marked = [line for line in lines.split(b"\n") if scanner.marker in line][-_STRANGE:]
    later = envelope.changed(b"\n".join([*marked, b""]), wrapped, scanner.owns)
    yield from _pushes(source.name, scan, len(data), setup, "" if later is None else envelope.label(later))
    yield _clock(host, name, source, scanner, envelope.unwrap(lines, wrapped), status.st_mtime)


def _found(name: str, source: Source, found: DiscoveredPaths, paths: list[str]) -> Iterator[Check]:
    """Yield a row on which files were found, and one on what is wrong with where they were looked for."""
    wrong = [problem for problem in found.problems if not problem.warning]
    others = {path: why for path in found.paths if path not in paths and (why := _no_file(path))}
    closed = [path for path, why in others.items() if isinstance(why, PermissionError)]
    if closed and not paths and not wrong:
        what = f"user {ownership.me()} may not access {closed[0]}"
        yield skipped(name, what, "run doctor as root or as the service's user")
    elif others and not paths and not wrong:
        path, why = min(others.items())
        remedy = f"see what stands there (`ls -ld {quoted(path)}`): have mesibo log to a file, or exclude it from paths"
        yield failure(name, f"{path} is no log: {in_words(why)}", remedy)
    elif not paths or wrong:
        where = ", ".join(source.paths) or f"container {source.docker.container if source.docker else ''}"
        headlines = [problem.headline for problem in wrong or found.problems]
        tries = [problem.try_ for problem in wrong or found.problems if problem.try_]
        yield failure(
            name,
            "; ".join(headlines) if paths else "; ".join((f"no file is there: {where}", *headlines)),
            tries[0] if tries else "see where mesibo logs to, and name that in paths of a [[source]]",
        )
    else:
        yield ok(name, f"{many(len(paths), 'file', 'files')}, the newest {max(paths, key=_written)}")


def _no_file(path: str) -> OSError | None:
    """Return why what stands at a path is no file; None if it is one, or nothing is there."""
    try:
        os.close(open_regular(path)[0])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return error
    return None


def _no_lines(name: str, path: str, status: os.stat_result, head: bytes, data: bytes) -> Check | None:
    """Return why a file has no lines to look at; None if it has some."""
    if packed := format_of(head):
        what = f"{path} is packed with {packed}: an archive is read once, and nothing is followed"
        return warning(f"{name}: text", what, "name the log itself; rotated files are found automatically")
    if not data:
        what = "has no whole line yet" if status.st_size else "is empty"
        return warning(f"{name}: fresh", f"{path} {what}", "check whether mesibo logs to another file now")
    if not_text := envelope.no_text(head):
        return failure(f"{name}: text", f"{path} {not_text.what}: {not_text.why}", not_text.remedy.format(quoted(path)))
    return None


def _written(path: str) -> float:
    """Return when a file was last written; 0 for one that has gone since it was found."""
    try:
        return os.stat(path).st_mtime  # noqa: PTH116  the name may be no text
    except OSError:
        return 0.0


def _journal(host: Host, parts: Parts, source: Source, conf: PushLogging, options: str) -> Iterator[Check]:
    """Yield the rows of a source in the journal."""
    assert source.journal
    name = f"log of {source.name}"
    target = source.journal.target
    if problem := ask.problem(target):
        why = f": {problem.why}" if problem.why else ""
        yield failure(name, f"{problem.where}: {problem.what}{why}", problem.try_)
        return
    yield from rights.to_journal(host, name, target)
    if several := ask.several_hosts(target):
        yield warning(f"{name}: hosts", f"{several.where}: {several.what}: {several.why}", several.try_)
    try:
        entries = ask.newest(target, JOURNAL_ENTRIES)
    except NoJournalError as error:
        yield failure(name, error.problems[0].headline, error.problems[0].try_)
        return
    written = int(entries[-1][b"__REALTIME_TIMESTAMP"]) / 1e6
    age = max(0.0, host.now() - written)
    yield _fresh(name, f"{target.words} in the journal, last entry {span(age)} ago", age, "elsewhere")
    data = ask.lines(entries, parts.config.follow.max_line_bytes)
    scanner = parts.scanner(source)
    scan = scanner.scan(data, envelope=PLAIN, reference=written)
    setup = SourceSetup((), source.grammar, parts.config.grammars.own, conf, options)
    yield from _pushes(source.name, scan, len(data), setup)
    yield _clock(host, name, source, scanner, envelope.unwrap(data, PLAIN), written)


def _fresh(name: str, what: str, age: float, elsewhere: str) -> Check:
    """Judge whether a log is alive, by the age of what is newest in it, in seconds."""
    if age > FRESH_SECONDS:
        return warning(f"{name}: fresh", what, f"check whether mesibo is running, and whether it logs {elsewhere} now")
    return ok(f"{name}: fresh", what)


def _written_to(host: Host, name: str, path: str, status: os.stat_result, scan: Scan) -> Check:
    """Judge by the newest line's own time (a copy is written now) or, if older, the file's (stamps may be ahead)."""
    logged = status.st_mtime if scan.logged_at is None else scan.logged_at
    zone = is_zone(status.st_mtime - logged, CLOSE_SECONDS)  # the row about the clock says so
    age = max(0.0, host.now() - (status.st_mtime if zone else min(status.st_mtime, logged)))
    newest = "" if scan.logged_at is None else f", its newest line logged {span(max(0.0, host.now() - logged))} ago"
    written = span(max(0.0, host.now() - status.st_mtime))
    what = f"{path}, {bytes_(status.st_size)}, last written {written} ago{newest}"
    return _fresh(name, what, age, "to another file")


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


def _pushes(source: str, scan: Scan, size: int, setup: SourceSetup, later: str = "") -> Iterator[Check]:
    """Yield whether there are push lines, and whether they parse; ``later`` is the newest's envelope, if another."""
    row = f"log of {source}: push lines"
    unread = scan.unparsed.total()
    results = sum(seen.count for seen in scan.results.values())
    if not results and not unread:
        what = f"none among the last {number(scan.lines)} lines ({bytes_(size)})"
        remedy = f"else set `logs {{ push = 1 }}` in {setup.push.path}, restart mesibo"
        if setup.push.state == "on":
            what += f", though {setup.push.path} says `push = 1`: a standby, or nobody needed a push"
            remedy = "on an active mesibo restart it if it runs since before that was set"
        yield warning(row, what, f"on a standby this is normal; {remedy}, and send a test push (Step 8)")
        return
    yield ok(row, f"{number(results + unread)} among the last {number(scan.lines)} lines")
    read = results / (results + unread)
    row = f"log of {source}: parsed"
    if not unread:
        yield ok(row, f"all {number(results)} push lines")
        return
    causes = ", ".join(blind.counted(cause, count) for cause, count in scan.unparsed.items())
    what = f"{share(read)} of the push lines can be read; of the others {causes}"
    fronts = list(dict.fromkeys(sample.front for sample in scan.samples if sample.front.strip()))
    if fronts:
        what += "; they begin with " + ", ".join(f'"`{front}`"' for front in fronts[:_SHAPES])
    if shapes := sorted(scan.samples, key=lambda sample: -sample.count)[:_SHAPES]:
        what += "; they look like " + ", ".join(f"`{sample.shape}` ({number(sample.count)})" for sample in shapes)
    if read >= _STRAY:
        yield ok(row, what)
        return
    remedy = f"`{blind.way_out(source, setup, fronts)}`"
    if later:
        what += f"; they are in another envelope ({later}), which is decided once per file"
        remedy = "have it rotated (`logrotate -f` with its configuration): the next one is read"
    yield (failure if read < _READABLE else warning)(row, what, remedy)


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
    what = f"the newest stamp is {apart(abs(ahead))} {direction} the time the file was written"
    if is_zone(ahead, CLOSE_SECONDS):
        return failure(row, what, f"its zone is not {source.timezone}: name the right one in the source's timezone")
    by = " (`timedatectl`)" if host.has("timedatectl") else ""
    return warning(row, what, f"compare the clock of mesibo's host with this one's{by}")
