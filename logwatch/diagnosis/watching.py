"""Find what makes the daemon blind: logs out of reach, unread results, silence, impossible stamps, a full disk."""

from collections.abc import Iterator, Mapping

from logwatch.diagnosis import blind, weight
from logwatch.diagnosis.facts import Facts, Finding
from logwatch.errors import Problem
from logwatch.ledger.keys import ResultRow
from logwatch.model import Seen, SourceStatus
from logwatch.moments import is_zone
from logwatch.webhook.source import WebhookStatus
from logwatch.words import DAY, HOUR, apart, bytes_, clock, dated, number, span

_SOON = 300.0  # seconds: a stamp further ahead means a wrong clock or zone
_CLOSE = 60.0  # seconds: what comes this close to a difference of zones after its stamp, comes at once
_LATE = 1500.0  # seconds: a stamp further behind means the same, or a log that arrives so late; zones differ by 1800
_ENOUGH = 12  # pushes an hour on average: fewer leave hours without any
FRESH_SECONDS = 900.0  # without a line of any kind: the log is stale, or mesibo has stopped
LAG_BYTES = 64 << 20
_RIGHT_CLOCK = (
    "If the container's time zone is not UTC, set it as the source's `timezone`; otherwise correct the clock of this"
    " host or of mesibo's."
)


def findings(facts: Facts) -> Iterator[Finding]:
    """Yield what stands between each source's log and the numbers."""
    if facts.trouble:
        yield Finding(
            key="commits",
            rank=weight.NOTHING_COMMITTED,
            title=f"Nothing is counted now: {facts.trouble}. The numbers below are frozen.",
            side="yours",
            remedy="Check that the disk of the state directory has space left and is writable. If so, look at the"
            " service's journal: systemd restarts a loop that hangs. Nothing is lost: reading and committing"
            " resume as soon as that is possible. Restart the service only where the disk was read-only when it"
            " started, or where the directory itself was deleted: then it begins a new ledger, with what the logs"
            " still hold.",
            cause="Nothing was counted",
        )
    if facts.refused:
        first = facts.refused[0]
        yield Finding(
            key="reload",
            rank=weight.REFUSED,
            title=f"The configuration on disk was refused, and the old one is in force: {first.headline}.",
            side="yours",
            remedy=f"{_tried(first)}`mesibo-logwatch check` lists every problem; fix them, then reload again.",
            evidence=tuple(problem.headline for problem in facts.refused[1:4]),
            cause="The configuration on disk was refused",
        )
    # Totals and charts lack what came before for longer than this is reported
    if facts.set_aside is not None and 0 <= facts.now - facts.set_aside < DAY:
        yield Finding(
            key="ledger",
            rank=weight.SET_ASIDE,
            title=f"The ledger was damaged and set aside at {clock(facts.set_aside, facts.now)}: what was counted"
            " before may be missing.",
            side="yours",
            remedy="Check the disk (`dmesg`). Counting went on, after a start at the end of the logs; `mesibo-logwatch"
            " report` counts what they still hold. `mesibo-logwatch doctor` names the old ledger.",
            since=facts.set_aside,
            cause="The ledger was damaged and set aside",
        )
    for name, status in facts.status.items():
        if not isinstance(status, WebhookStatus):
            yield from _source(name, facts)
    yield from _silence(facts)


def logged_at(name: str, facts: Facts) -> float | None:
    """Return the newest line's own time, or when it was read if it has none; None without a line."""
    row = facts.snapshot.sources.get(name)
    if isinstance(facts.status[name], WebhookStatus):  # it has no lines, only pushes
        own = (seen.last for result, seen in facts.snapshot.results.items() if result.source == name)
        return max((at for at in own if at is not None), default=None)
    if row is None:
        return None
    return row.last_line_at if row.logged_at is None else row.logged_at


def stale(name: str, facts: Facts) -> bool:
    """Return whether what is known of a source is out of date."""
    status, at = facts.status[name], logged_at(name, facts)
    behind = not status.up or not status.caught_up or status.lag_bytes > LAG_BYTES
    return behind or at is None or abs(facts.now - at) > FRESH_SECONDS


def _source(name: str, facts: Facts) -> Iterator[Finding]:
    status, snapshot = facts.status[name], facts.snapshot
    if not status.up:
        yield _down(name, facts)
        return
    yield from blind.finding(name, facts)
    results = {row: seen for row, seen in snapshot.results.items() if row.source == name}
    marked = bool(results) or any(
        count for row, count in snapshot.counters.items() if row[:2] == (name, "unparsed_lines")
    )
    if status.caught_up and not marked and not facts.trouble:  # what cannot be stored is not known to be missing
        yield _no_push_lines(name, facts)
    yield from _ahead(name, results, facts)
    yield from _late(name, results, facts)
    yield from _behind(name, status)


def _down(name: str, facts: Facts) -> Finding:
    """Return the finding that no log of a source can be read."""
    problems = facts.status[name].problems
    problem = problems[0] if problems else None
    return Finding(
        key=f"down:{name}",
        rank=weight.LOG_DOWN,
        title=f"The log of {name} is out of reach: "
        + (f"{problem.headline}." if problem else f"no file is there{_where(name, facts)}."),
        side="yours",
        remedy=((_tried(problem) if problem else "") or "Check that mesibo is running, and where it logs to. ")
        + "`mesibo-logwatch doctor` checks every step from mesibo's configuration to here.",
        evidence=tuple(each.headline for each in problems[1:4]),
        steps=() if problem else (8,),
        cause=f"The log of {name} was out of reach",
    )


def _behind(name: str, status: SourceStatus) -> Iterator[Finding]:
    """Find a source whose backlog is still being read, so that its numbers are not the present's yet."""
    if not status.caught_up:
        yield Finding(
            key=f"catching-up:{name}",
            rank=weight.CATCHING_UP,
            title=f"What {name} logged before the start is still being read"
            # how much a journal holds of one container is known only once it has been read
            + ("." if status.input == "journal" else f": {bytes_(status.lag_bytes)} to go."),
            side="nobody",
            remedy="Wait: what is shown below may be about an earlier time.",
        )
    elif status.lag_bytes > LAG_BYTES:
        yield Finding(
            key=f"lag:{name}",
            rank=weight.LAG,
            title=f"Reading {name} is {number(status.lag_bytes >> 20)} MiB behind: the present is not shown yet.",
            side="yours",
            remedy="Check whether this host is short of CPU or its disk is slow; reading catches up by itself.",
            cause=f"Reading {name} was behind",
        )


def _ahead(name: str, results: Mapping[ResultRow, Seen], facts: Facts) -> Iterator[Finding]:
    """Find push lines that are stamped later than they were read."""
    lately = (seen.last for result, seen in results.items() if result in facts.hour)
    newest = max((at for at in lately if at is not None), default=None)
    row = facts.snapshot.sources.get(name)
    if newest is None or row is None or row.last_line_at is None:
        return
    latest = max(row.last_line_at, facts.snapshot.changed.until)  # that the clock showed; it may have been set back
    if newest - latest <= _SOON:
        return
    yield Finding(
        key=f"ahead:{name}",
        rank=weight.OTHER_ZONE,
        title=f"The stamps of {name} are {apart(newest - row.last_line_at)} ahead of this host's clock.",
        side="yours",
        remedy=_RIGHT_CLOCK,
        evidence=(f"Newest stamp {clock(newest, facts.now)}, read at {clock(row.last_line_at, facts.now)} UTC.",),
        cause=f"The stamps of {name} were ahead of this host's clock",
    )


def _late(name: str, results: Mapping[ResultRow, Seen], facts: Facts) -> Iterator[Finding]:
    """Find push lines that arrive now but are stamped long ago; those of a backlog do not count as arriving now."""
    read = facts.sights[name].read_at
    stamp = max((seen.last for seen in results.values() if seen.last is not None), default=None)
    if read is None or stamp is None or read - stamp < _LATE or facts.now - read > HOUR:
        return
    rank, meanwhile = weight.LATE, "what is said here about the last hour leaves these pushes out"
    if is_zone(read - stamp, _CLOSE):
        rank = weight.OTHER_ZONE
        meanwhile = "these pushes count here as of when they came, and the error log shows them by their stamps"
    yield Finding(
        key=f"late:{name}",
        rank=rank,
        title=f"The push lines of {name} arrive {apart(read - stamp)} after their stamps.",
        side="yours",
        remedy=f"{_RIGHT_CLOCK} Until then, {meanwhile}.",
        evidence=(f"Newest stamp {clock(stamp, facts.now)}, read at {clock(read, facts.now)} UTC.",),
        cause=f"The stamps of {name} were behind this host's clock",
    )


def _tried(problem: Problem) -> str:
    """Return what to try as a sentence with a blank after it, as a terminal prints it; empty if there is nothing."""
    text = problem.try_.rstrip(".")
    return f"Try: {text}{'' if text.endswith('?') else '.'} " if text else ""


def _where(name: str, facts: Facts) -> str:
    """Name the places in which a source's log is looked for."""
    paths = facts.setup(name).paths
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""  # noqa: PLR2004  fit into a sentence
    return f" ({', '.join(paths[:3])}{more})" if paths else ""


def _no_push_lines(name: str, facts: Facts) -> Finding:
    """Return the finding about a log without any push line; mesibo.conf decides what that means."""
    lines = facts.snapshot.counted(name, "lines")
    conf = facts.setup(name).push
    begin = f"The log of {name} has no push lines"
    test = "send a test push (Step 8)"
    standby = "On a standby this is normal: only the active mesibo pushes."
    rank, side = weight.NO_PUSH_LINES, "yours"
    if not lines:
        rank, side = weight.NO_LINES, "nobody"
        title = f"No line of {name} has been read yet."  # there may be some, before the place where reading began
        remedy = f"Wait for mesibo to log something. {standby}"
    elif conf.state == "on":
        rank, side = weight.NO_PUSH_LINES_THOUGH_ON, "nobody"
        title = f"{begin} among {number(lines)} lines, though push logging is on: a standby, or nobody needed a push."
        remedy = f"{standby} On an active one, check that mesibo was restarted after `push = 1` was set, and {test}."
    else:
        probably = "" if conf.state == "off" else "probably "
        title = f"{begin} among {number(lines)} lines: push logging is {probably}off."
        remedy = f"Set `push = 1` in the group `logs {{ … }}` of {conf.path} and restart mesibo, then {test}. {standby}"
    said = {"on": f"{conf.path} says `push = 1`.", "off": f"{conf.path} does not say `push = 1`."}
    return Finding(
        key=f"no-push-lines:{name}",
        rank=rank,
        title=title,
        side=side,
        remedy=remedy,
        evidence=(said.get(conf.state) or f"{conf.path} {conf.why or 'was not looked at'}.",),
        steps=(8,),
        cause=f"The log of {name} had no push lines",
    )


def _pushes(source: str, facts: Facts) -> list[Seen]:
    """Return a source's results of the last day or, if it had none, of the last week."""
    of_day = [seen for row, seen in facts.day.items() if row.source == source]
    week = facts.before[0].totals() if facts.before and not of_day else {}
    return of_day or [seen for row, seen in week.items() if row.source == source]


def _silence(facts: Facts) -> Iterator[Finding]:
    """Find sources that pushed every few minutes and have stopped; a standby that never pushed is none."""
    for name, status in facts.status.items():
        mine = _pushes(name, facts)
        total = sum(seen.count for seen in mine)
        last = max((seen.last for seen in mine if seen.last is not None), default=None)
        first = min((seen.first for seen in mine if seen.first is not None), default=None)
        if isinstance(status, WebhookStatus) or not status.up or not status.caught_up or last is None or first is None:
            continue
        usual = total / max((last - first) / HOUR, 1.0)  # pushes an hour while there were any
        unread, read = facts.sights[name].last, facts.sights[name].read_at
        quiet = facts.now - max(last, last if read is None else read)  # whatever its stamps say
        if unread is not None and unread > last:
            continue  # pushes come, and cannot be read: that is another finding
        if usual < _ENOUGH or quiet < max(FRESH_SECONDS, 20 * HOUR / usual):
            continue
        newest = logged_at(name, facts)
        alive = newest is not None and facts.now - newest < FRESH_SECONDS
        conf = facts.setup(name).push
        switched = (
            f"{conf.path} still says `push = 1`"
            if conf.state == "on"
            else "whether push logging was switched off (`logs { push = 1 }`)"
        )
        yield Finding(
            key=f"silent:{name}",
            rank=weight.SILENT if quiet < DAY else weight.SILENT_FOR_DAYS,
            title=f"{name} has logged no push since {clock(last, facts.now)} ({span(quiet)}); before, there were about"
            f" {number(round(usual))} an hour.",
            side="yours",
            remedy=f"mesibo still logs, so it is running: check whether users are connected, {switched}, and send a"
            " test push"
            " (Step 8). After a failover it may be a standby now."
            if alive
            else "Nothing else is logged either: check whether mesibo is running, and whether it now logs to another"
            " file or container. On a standby after a failover this is normal.",
            evidence=(f"The last line of any kind was logged at {dated(newest)}." if newest else "No line was read.",),
            steps=(8, 5),
            since=last,
            cause=f"{name} logged no push",
        )
