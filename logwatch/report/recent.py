"""Reads the ends of the logs that a daemon follows for the pushes of one user, within a bound of bytes and of time."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from logwatch.assembly import Parts
from logwatch.model import Position
from logwatch.parse import Scanner
from logwatch.report.count import Count, LogSettings
from logwatch.report.source import Unreadable, open_path
from logwatch.report.user import UserPushes

MOST_BYTES = 16 << 20  # of all files together: about 100,000 lines
DEADLINE_SECONDS = 2.0
_ALL = 1 << 30  # results of a scan


class LogEnds:
    """The newest lines of what is followed; grammars are its own, since those of the reading loop learn as they read.

    Only one user may be looked for at a time.
    """

    def __init__(self, parts: Parts) -> None:
        self._catalogue = parts.catalogue
        self._inputs: dict[str, LogSettings] = {}
        for source in parts.config.source:
            if source.name not in self._inputs and source.grammar in parts.grammars and source.webhook is None:
                how = LogSettings(_every(parts.scanner(source, keep=_ALL)), source.envelope, source=source.name)
                self._inputs[source.name] = replace(how, max_line_bytes=parts.config.follow.max_line_bytes)

    def read(
        self,
        user: UserPushes,
        positions: Iterable[Position],
        *,
        now: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> tuple[Count, bool]:
        """Let ``user`` take what the logs say; return what was read, and whether that was all there is.

        The newest files come first. One that cannot be read, or is packed, is left out, and then it was not all.
        """
        end, room, whole = monotonic() + DEADLINE_SECONDS, MOST_BYTES, True
        count = Count(self._catalogue, watch=user.take)
        for path, source in _newest(positions):
            how = self._inputs.get(source)
            if how is None:
                continue
            try:
                with open_path(path, last=room) as stream:
                    whole &= stream.whole
                    room -= stream.size
                    count.read(replace(stream, chunks=_until(stream.chunks, end, monotonic)), how, now=now)
            except Unreadable:
                whole = False
            if room <= 0 or monotonic() >= end:
                return count, False
        return count, whole


def _every(scanner: Scanner) -> Scanner:
    scanner.delivered = frozenset()  # accepted pushes are wanted one by one too
    return scanner


def _newest(positions: Iterable[Position]) -> list[tuple[Path, str]]:
    """Return the files and their sources: live ones first, then what was rotated away from them last."""
    known = [each for each in positions if each.state in ("live", "rotated", "done")]
    known.sort(key=lambda each: (each.state != "live", -each.generation))
    return list(
        dict.fromkeys(
            (Path(each.path if each.state == "live" else each.found_at), each.source)
            for each in known
            if each.state == "live" or each.found_at
        )
    )


def _until(chunks: Iterator[bytes], end: float, monotonic: Callable[[], float]) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        if monotonic() >= end:
            return
