"""Show the outcomes of one user's pushes: from logs, and from what a daemon keeps."""

import json
import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from logwatch.catalogue.entries import Severity
from logwatch.cli import terminal
from logwatch.cli.report_inputs import ReportPlan
from logwatch.ledger.reader import NotReadable, Reader
from logwatch.privacy import Privacy
from logwatch.report import Count
from logwatch.report.table import notes
from logwatch.report.user import MOST, UserPushes
from logwatch.report.user_table import render
from logwatch.story import Conclusion, UserPush, conclude, stored_pushes, together

_COLUMNS = (
    "at", "source", "provider", "platform", "code", "reason", "title", "class", "severity", "app", "token", "from",
    "webhook_reason",
)  # fmt: skip

MOST_BYTES = 1 << 30  # of a followed log and its rotated files, as they lie on disk


@dataclass(slots=True)
class UserReport:
    """The report on one user between ``begin`` and ``show``; logs are read in between."""

    count: Count
    logs: UserPushes
    read_logs: bool  # there is a log: accepted pushes are known
    kept: list[UserPush] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def show(self, form: str, *, whole: bool) -> set[Severity]:
        """Print the report; return the severities of its pushes."""
        pushes = together(self.logs.pushes, self.kept)
        conclusions = conclude(pushes, time.time(), accepted_known=self.read_logs)
        said = [*self.notes, *notes(self.count)]
        if self.logs.found > MOST:
            said.append(f"{self.logs.found:,} pushes were found in logs: the last {MOST:,} are shown")
        if self.read_logs and not self.logs.found and self.logs.anonymous and self.count.summary.results:
            said.append("The push lines of this log name no user: accepted pushes cannot be told apart")
        if form == "table":
            address = self.logs.address
            terminal.show(lambda width: render(address, pushes, conclusions, said, width, whole=whole))
        elif form == "csv":
            terminal.show_csv(_COLUMNS, (push.as_dict() for push in pushes))
        else:
            click.echo(self._document(pushes, conclusions))
        for note in () if form == "table" else said:  # a table contains them
            click.echo(f"note: {note}", err=True)
        return {push.entry.severity for push in pushes}

    def _document(self, pushes: list[UserPush], conclusions: list[Conclusion]) -> str:
        accepted = sum(push.accepted for push in pushes)
        document = {
            "user": self.logs.address,
            "lines": self.count.summary.lines,
            "unparsed": self.count.summary.unparsed,
            "misplaced": self.count.summary.misplaced,
            "accepted": accepted if self.read_logs else None,
            "failed": len(pushes) - accepted,
            "told": [each.as_dict() for each in conclusions],
            "pushes": [push.as_dict() for push in pushes],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)


def bounded(plan: ReportPlan, since: float | None) -> tuple[ReportPlan, int]:
    """Drop followed files that are not worth reading from the plan; also return how many wanted ones are left out.

    Files last written before ``since`` are not wanted; of the others, the newest are read, within ``MOST_BYTES``.
    """
    if not plan.followed:
        return plan, 0
    written = {path: _status(path) for path, _ in plan.inputs}
    wanted = [path for path in written if since is None or written[path][0] >= since]
    room = MOST_BYTES
    kept: set[str] = set()
    for path in sorted(wanted, key=lambda path: written[path][0], reverse=True):
        room -= written[path][1]
        if room < 0 and kept:
            break
        kept.add(path)
    inputs = tuple((path, how) for path, how in plan.inputs if path in kept)
    return replace(plan, inputs=inputs), len(wanted) - len(kept)


def _status(path: str) -> tuple[float, int]:
    """Return a file's last write time and size; if stat fails, values that keep it in the plan."""
    try:
        found = Path(path).stat()
    except OSError:
        return (math.inf, 0)
    return (found.st_mtime, found.st_size)


def begin(address: str, plan: ReportPlan, count: Count, left_out: int = 0) -> UserReport:
    """Look up what the daemon keeps of a user, and make ``count`` collect that user's pushes while it reads logs."""
    logs = UserPushes(address, plan.catalogue, count.since, count.until)
    made = UserReport(count, logs, read_logs=bool(plan.inputs or plan.journals))
    if left_out:
        files = "1 older file was" if left_out == 1 else f"{left_out} older files were"
        made.notes.append(f"The newest {MOST_BYTES >> 30} GiB of rotated logs are read; {files} left out: name them")
    count.since = count.until = None  # every result has to be read here, and is left out by its own time
    count.watch = logs.take
    if not made.read_logs:
        made.notes.append("There is no log to read: accepted pushes are not known")
    if plan.state is None:
        return made
    try:
        if reader := Reader.of_state(plan.state):
            logs.privacy = Privacy("mask", reader.key())
            made.kept = stored_pushes(reader, address, plan.catalogue, logs.since, logs.until)
    except NotReadable as error:
        made.notes.append(
            f"The failures that the daemon keeps in {plan.state} are left out: {error}; run it as root or as the"
            " daemon's user"
        )
    return made
