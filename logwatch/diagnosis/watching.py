"""Finds what keeps us from seeing: logs out of reach, results unread, silence, stamps that cannot be, a full disk."""

from collections.abc import Iterator

from logwatch.diagnosis.facts import HOUR, Facts, Finding
from logwatch.diagnosis.words import bytes_, clock, number, share, span
from logwatch.ledger import CounterRow
from logwatch.webhook import WebhookStatus

_SOON = 300.0  # seconds: a stamp further ahead is a wrong clock or zone
_MARKED = ("misplaced", "no_code", "ambiguous", "grammar")
_ENOUGH = 12  # pushes an hour on average: fewer leave hours without any
_SILENT_SECONDS = 900.0


def findings(facts: Facts) -> Iterator[Finding]:
    """Give what stands between the log and the numbers, of each source."""
    if facts.trouble:
        yield Finding(
            key="commits",
            severity="critical",
            title=f"Nothing can be stored: {facts.trouble}. The numbers below stand still.",
            side="yours",
            remedy="Free space on the disk of the state directory, and see that it is writable. Nothing is lost:"
            " what was read is committed as soon as the disk allows.",
            weight=100,
        )
    for name, status in facts.status.items():
        if not isinstance(status, WebhookStatus):
            yield from _source(name, facts)
    yield from _silence(facts)


def _source(name: str, facts: Facts) -> Iterator[Finding]:
    status, snapshot, now = facts.status[name], facts.snapshot, facts.now
    if not status.up:
        problem = status.problems[0] if status.problems else None
        yield Finding(
            key=f"down:{name}",
            severity="critical",
            title=f"The log of {name} is out of reach"
            + (f": {problem.where}: {problem.what}." if problem else ": no file is there."),
            side="yours",
            remedy=(problem.try_ if problem and problem.try_ else "See that mesibo runs and where it logs to")
            + ". `mesibo-logwatch doctor` goes through every step from mesibo's configuration to here.",
            evidence=tuple(str(each).split("\n")[0] for each in status.problems[:3]),
            steps=(8,),
            weight=96,
        )
        return
    unparsed = sum(snapshot.counters.get(CounterRow(name, "unparsed_lines", cause), 0) for cause in _MARKED[1:])
    results = {row: seen for row, seen in snapshot.results.items() if row.source == name}
    count = sum(seen.count for seen in results.values())
    if unparsed and unparsed / (unparsed + count) > 0.05:  # noqa: PLR2004  more than a stray line
        yield Finding(
            key=f"unparsed:{name}",
            severity="critical" if not count else "warning",
            title=f"{share(unparsed / (unparsed + count))} of the push lines of {name} cannot be read"
            f" ({number(unparsed)}): the numbers below lack them.",
            side="yours",
            remedy="Look at the shapes of these lines below. If your mesibo prints another dialect, write a grammar"
            " for it: `mesibo-logwatch grammar trace` shows where reading stops.",
            weight=92 if not count else 70,
        )
    lines = snapshot.counters.get(CounterRow(name, "lines", ""), 0)
    if status.caught_up and not count and not unparsed:
        yield Finding(
            key=f"no-push-lines:{name}",
            severity="warning" if lines else "info",
            title=f"The log of {name} has no push lines"
            + (
                f" among {number(lines)} lines: push logging is probably off." if lines else ", and no other lines yet."
            ),
            side="yours",
            remedy="Set `push = 1` in the group `logs { … }` of /etc/mesibo/mesibo.conf and restart mesibo, then send a"
            " test push (Step 8).",
            steps=(8,),
            weight=88 if lines else 60,
        )
    newest = max((seen.last for seen in results.values() if seen.last is not None), default=None)
    row = snapshot.sources.get(name)
    if newest is not None and row and row.last_line_at is not None and newest - row.last_line_at > _SOON:
        yield Finding(
            key=f"ahead:{name}",
            severity="warning",
            title=f"The stamps of {name} are {span(newest - row.last_line_at)} ahead of this host's clock.",
            side="yours",
            remedy="If the container's time zone is not UTC, name it in the source's `timezone`; else set the clock"
            " of this host or of mesibo's.",
            evidence=(f"Newest stamp {clock(newest, now)}, read at {clock(row.last_line_at, now)} UTC.",),
            weight=66,
        )
    if not status.caught_up:
        yield Finding(
            key=f"catching-up:{name}",
            severity="info",
            title=f"What {name} logged before the start is still being read"
            # how much a journal holds of one container is known when it has been read
            + ("." if status.input == "journal" else f": {bytes_(status.lag_bytes)} to go."),
            side="nobody",
            remedy="Wait: what is told below may be about an earlier time.",
            weight=84,
        )
    elif status.lag_bytes > 64 << 20:
        yield Finding(
            key=f"lag:{name}",
            severity="warning",
            title=f"Reading {name} is {number(status.lag_bytes >> 20)} MiB behind: the present is not shown yet.",
            side="yours",
            remedy="See whether this host is short of processor time or its disk is slow; it catches up by itself.",
            weight=65,
        )


def _silence(facts: Facts) -> Iterator[Finding]:
    """Tell of sources that used to push every few minutes and have stopped; a standby that never did is no alarm."""
    day = facts.day
    for name, status in facts.status.items():
        mine = [seen for row, seen in day.items() if row.source == name]
        total = sum(seen.count for seen in mine)
        last = max((seen.last for seen in mine if seen.last is not None), default=None)
        first = min((seen.first for seen in mine if seen.first is not None), default=None)
        if isinstance(status, WebhookStatus) or not status.up or not status.caught_up or last is None or first is None:
            continue
        usual = total / max((last - first) / HOUR, 1.0)  # pushes an hour while there were any
        quiet = facts.now - last
        if usual < _ENOUGH or quiet < max(_SILENT_SECONDS, 20 * HOUR / usual):
            continue
        row = facts.snapshot.sources.get(name)
        read = row.last_line_at if row else None
        alive = read is not None and facts.now - read < _SILENT_SECONDS
        yield Finding(
            key=f"silent:{name}",
            severity="critical",
            title=f"{name} has logged no push since {clock(last, facts.now)} ({span(quiet)}); before, there were about"
            f" {number(round(usual))} an hour.",
            side="yours",
            remedy="mesibo still logs, so it runs: see whether users are connected, whether push logging was switched"
            " off (`logs { push = 1 }`), and send a test push (Step 8)."
            if alive
            else "Nothing else is logged either: see whether mesibo runs, and whether it logs to another file or"
            " container now. On a standby after a failover this is as it should be.",
            evidence=(
                f"The last line of any kind was read at {clock(read, facts.now)} UTC." if read else "No line was read.",
            ),
            steps=(8, 5),
            since=last,
            weight=86,
        )
