"""Takes open sources one after the other, gives what they contain; memory stays bounded whatever their size."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from logwatch import envelope as envelopes
from logwatch.catalogue import Catalogue
from logwatch.catalogue.summary import Summary
from logwatch.model import Cause, EnvelopeKind, ResultKey, Scan, Seen
from logwatch.parse import Scanner
from logwatch.report.source import Stream
from logwatch.tail.generation import CHUNK_BYTES
from logwatch.tail.lines import take_lines, take_rest

_BUFFER_BYTES = CHUNK_BYTES  # lines scanned together; with an unfinished line of max_line_bytes before them at most


@dataclass(frozen=True, slots=True)
class Input:
    """How a source is read."""

    scanner: Scanner
    envelope: Literal["auto", "plain", "docker"] = "auto"
    max_line_bytes: int = 65536


@dataclass(slots=True)
class Count:
    """What has been counted so far, of one source or of many."""

    catalogue: Catalogue
    since: float | None = None  # seconds since the epoch; results before it are left out
    until: float | None = None  # and those at it or after it
    summary: Summary = field(default_factory=Summary)
    causes: Counter[Cause] = field(default_factory=Counter)  # of lines with the marker that give no result
    oversized: int = 0
    sources: int = 0

    def read(self, stream: Stream, how: Input, *, now: float, progress: Callable[[], None] = lambda: None) -> None:
        """Count a source to its end; what was counted stays, also when Unreadable is raised in the middle.

        A last line without a newline counts: what is given is taken to be whole.
        """
        kind = envelopes.detect(stream.head) if how.envelope == "auto" else how.envelope
        reference = now if stream.reference is None else stream.reference
        self.sources += 1
        lines = _Lines(kind, how.max_line_bytes)
        try:
            for chunk in stream.chunks:
                self._scan(lines.take(chunk), how.scanner, kind, reference)
                progress()
        finally:
            self._scan(lines.rest(), how.scanner, kind, reference)
            self.oversized += lines.oversized

    def _scan(self, data: bytes, scanner: Scanner, kind: EnvelopeKind, reference: float) -> None:
        if data:
            self._add(scanner.scan(data, envelope=kind, reference=reference, since=self.since, until=self.until))

    def _add(self, scan: Scan) -> None:
        misplaced = scan.unparsed["misplaced"]
        self.causes += scan.unparsed
        self.oversized += scan.oversized
        self.summary.lines += scan.lines
        self.summary.push_lines += scan.candidates - misplaced
        self.summary.unparsed += scan.unparsed.total() - misplaced
        # reasons as logged are without bound, those of the catalogue are few
        known: dict[ResultKey, Seen] = {}
        for (platform, code, raw), seen in scan.results.items():
            key = ResultKey(platform, code, self.catalogue.reason(platform, code, raw))
            known.setdefault(key, Seen()).add(seen)
        self.summary.add(known)


class _Lines:
    """Cuts chunks into whole lines, without ever holding more of an endless line than is looked at."""

    def __init__(self, kind: EnvelopeKind, max_line_bytes: int) -> None:
        self._kind = kind
        self._max_line_bytes = max_line_bytes
        self._held = b""
        self._inside = ""
        self.oversized = 0

    def take(self, chunk: bytes) -> bytes:
        """Give the whole lines that are there by now, once they are worth a scan."""
        self._held += chunk
        if len(self._held) < _BUFFER_BYTES:
            return b""
        taken = take_lines(self._held, self._kind, envelopes.cut, self._max_line_bytes, self._inside)
        self._held = self._held[taken.consumed :]
        self._inside = taken.inside
        self.oversized += taken.oversized
        return taken.data

    def rest(self) -> bytes:
        """Give what is left at the end."""
        if not self._held:
            return b""
        ending = b"" if self._held.endswith(b"\n") else b"\n"
        self._held += ending
        data = b""
        while self._held:
            taken = take_lines(self._held, self._kind, envelopes.cut, self._max_line_bytes, self._inside)
            self._inside = taken.inside
            self.oversized += taken.oversized
            data += taken.data
            if not taken.consumed:  # a Docker message whose end is in no file
                data += take_rest(self._held, self._kind, envelopes.cut, self._inside)
                break
            self._held = self._held[taken.consumed :]
        self._held = b""
        return data
