"""Count what open sources contain, one after the other; memory stays bounded whatever their size."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from logwatch import envelope as envelopes
from logwatch.catalogue import Catalogue
from logwatch.catalogue.summary import Summary
from logwatch.model import Cause, Envelope, EnvelopeChoice, ResultKey, Scan, Seen
from logwatch.parse import Scanner
from logwatch.report.lines import LineCutter
from logwatch.report.source import Stream
from logwatch.sight import FEW, LEAST_SHARE

_MAX_FRONTS = 5  # that are kept
_LOOKED_AT = 200  # lines with the marker, of those that are scanned together


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How a source is read."""

    scanner: Scanner
    envelope: EnvelopeChoice = "auto"
    max_line_bytes: int = 65536
    source: str = ""  # name of the followed source that is read so


@dataclass(slots=True)
class Count:
    """What has been counted so far, of one source or of many."""

    catalogue: Catalogue
    since: float | None = None  # seconds since the epoch; results before it are left out
    until: float | None = None  # and those at it or after it
    summary: Summary = field(default_factory=Summary)
    causes: Counter[Cause] = field(default_factory=Counter)  # of lines with the marker that give no result
    fronts: list[str] = field(default_factory=list)  # what stands before the marker in a few of them, masked
    changed: str = ""  # the envelope that such lines are in, if it is another than the one decided for their file
    unread: list[str] = field(default_factory=list)  # the inputs that hold such lines, as named: paths, or -
    options: str = ""  # by which another command reads the inputs in the same way
    markers: set[str] = field(default_factory=set)  # of the grammars that were used
    envelopes: Counter[str] = field(default_factory=Counter)  # envelope -> how many sources are in it
    oversized: int = 0
    undated: int = 0
    ahead_seconds: float = 0.0  # by which the farthest stamp is more than a day ahead of its file
    sources: int = 0
    logged_at: float | None = None  # the own time of the newest line of any kind
    watch: Callable[[Scan, str], None] | None = None  # called with each scan and its source
    _before: float | None = None  # the time of the line before, in the source that is read

    def read(
        self, stream: Stream, how: LogSettings, *, now: float, progress: Callable[[], None] = lambda: None
    ) -> None:
        """Count a source to its end; what was counted stays, even if Unreadable is raised midway.

        A last line without a newline counts: the source is taken to be complete.
        """
        reference = now if stream.reference is None else stream.reference
        self.sources += 1
        self._before = None
        self.markers.add(how.scanner.marker.decode("latin-1"))
        lines = LineCutter(how.envelope, how.scanner.owns, how.max_line_bytes, how.scanner.held)
        scan = partial(self.scan, how=how, reference=reference)
        try:
            for chunk in stream.chunks:
                for data, envelope in lines.take(chunk):
                    scan(data, envelope=envelope)
                progress()
        finally:
            for data, envelope in lines.rest():
                scan(data, envelope=envelope)
            self.oversized += lines.oversized
            if lines.envelope is not None:
                self.envelopes[envelopes.label(lines.envelope)] += 1

    @property
    def unreadable(self) -> bool:
        """Whether none of the lines with the marker gave a result, or more than 1 in 20 of them gave none.

        Lines with the marker in another place are included: a few are users' texts, but many mean that mesibo now
        prints another dialect, or that the file holds two kinds of lines.
        """
        summary, astray = self.summary, self.summary.misplaced
        if summary.push_lines == summary.unparsed:
            return self.causes.total() > 0
        return summary.unparsed + (astray if astray >= FEW else 0) > LEAST_SHARE * (summary.push_lines + astray)

    def scan(self, data: bytes, how: LogSettings, envelope: Envelope, reference: float) -> None:
        """Count whole lines of a source."""
        if not data:
            return
        scan = how.scanner.scan(
            data, envelope=envelope, reference=reference, since=self.since, until=self.until, before=self._before
        )
        self._before = scan.logged_at
        self.add(scan)
        astray = scan.unparsed["misplaced"] + scan.unparsed["unenveloped"]
        if astray >= FEW and self.summary.results and not self.changed:
            marked = [line for line in data.split(b"\n") if how.scanner.marker in line]
            found = envelopes.changed(b"\n".join([*marked[-_LOOKED_AT:], b""]), envelope, how.scanner.owns)
            self.changed = envelopes.label(found) if found is not None else ""
        if self.watch is not None:
            self.watch(scan, how.source)

    def add(self, scan: Scan) -> Mapping[ResultKey, Seen]:
        """Add what a scanner found; return its results, with reasons as the catalogue spells them, or empty."""
        misplaced = scan.unparsed["misplaced"] + scan.unparsed["unenveloped"]
        self.causes += scan.unparsed
        self.oversized += scan.oversized
        self.undated += scan.undated
        self.ahead_seconds = max(self.ahead_seconds, scan.ahead_seconds)
        self.logged_at = max(filter(None, (self.logged_at, scan.logged_at)), default=None)
        for sample in scan.samples:
            astray = sample.cause in ("misplaced", "unenveloped")
            if astray and sample.front not in self.fronts and len(self.fronts) < _MAX_FRONTS:
                self.fronts.append(sample.front)
        self.summary.lines += scan.lines
        self.summary.push_lines += scan.candidates - misplaced
        self.summary.misplaced += misplaced
        self.summary.unparsed += scan.unparsed.total() - misplaced
        return self.summary.add(scan.results, self.catalogue)
