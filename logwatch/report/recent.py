"""Search the ends of the logs and journals that a daemon follows for one user's pushes, bounded in bytes and time."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from logwatch.assembly import Parts
from logwatch.discover import Globs
from logwatch.journal.place import Target
from logwatch.model import Position
from logwatch.report.count import Count, LogSettings
from logwatch.report.followed import JournalEnd, rotated
from logwatch.report.source import Unreadable, open_path
from logwatch.report.user import UserPushes

MOST_BYTES = 16 << 20  # of all files together: about 100,000 lines
JOURNAL_ENTRIES = 50_000  # of one journal, the newest
DEADLINE_SECONDS = 2.0
BOUND = (
    f"{MOST_BYTES >> 20} MiB of files and {JOURNAL_ENTRIES:,} entries of a journal, for {DEADLINE_SECONDS:.0f} seconds"
)


class LogEnds:
    """The newest lines of what is followed, read by grammars of its own, since those of the reading loop keep state.

    Only one user may be searched for at a time.
    """

    def __init__(self, parts: Parts) -> None:
        self._catalogue = parts.catalogue
        self._inputs: dict[str, LogSettings] = {}
        self._journals: list[tuple[Target, LogSettings]] = []
        self._aside = {source.name: Globs(source.rotated) for source in parts.config.source if source.rotated}
        for source in parts.config.source:
            if source.webhook is not None or source.grammar not in parts.grammars:
                continue
            how = LogSettings(parts.scanner(source, every=True), source.envelope, source=source.name)
            how = replace(how, max_line_bytes=parts.config.follow.max_line_bytes)
            if source.journal is not None:
                self._journals.append((source.journal.target, replace(how, envelope="plain")))
            else:
                self._inputs[source.name] = how

    def read(
        self,
        user: UserPushes,
        positions: Iterable[Position],
        *,
        now: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> tuple[Count, bool]:
        """Pass the logs to ``user``; return the count of what was read, and whether that was all there is.

        The newest files come first, packed ones, too. If one cannot be read, it was not all.
        """
        end, room, whole = monotonic() + DEADLINE_SECONDS, MOST_BYTES, True

        def in_time() -> bool:
            return monotonic() < end

        count = Count(self._catalogue, watch=user.take)
        for journal, how in self._journals:
            whole &= _journal(journal, how, count, now, in_time)
        seen: set[tuple[int, int]] = set()
        for path, source in self._newest(positions):
            how = self._inputs[source]
            if room <= 0 or not in_time():
                return count, False
            try:
                with open_path(path, room, in_time) as stream:
                    if stream.identity in seen:  # under another name
                        continue
                    seen.add(stream.identity)
                    whole &= stream.whole
                    room -= stream.size
                    count.read(replace(stream, chunks=_until(stream.chunks, in_time)), how, now=now)
            except Unreadable:
                whole = False
        return count, whole and in_time()

    def _newest(self, positions: Iterable[Position]) -> list[tuple[Path, str]]:
        """Return the files and their sources: live ones first, then rotated ones, the last written first."""
        known = [each for each in positions if each.source in self._inputs]
        live = dict.fromkeys((Path(each.path), each.source) for each in known if each.state == "live")
        old = [
            (Path(each.found_at), each.source) for each in known if each.state in ("rotated", "done") and each.found_at
        ]
        old += [(other, source) for path, source in live for other in rotated(path)]
        aside = [(Path(path), name) for name, globs in self._aside.items() for path in globs.find(time.time()).paths]
        old += [each for each in aside if os.path.isfile(each[0])]  # noqa: PTH113  to open a pipe is to wait for whoever writes into it
        return list(dict.fromkeys([*live, *sorted(old, key=lambda each: _modified(each[0]), reverse=True)]))


def _journal(target: Target, how: LogSettings, count: Count, now: float, in_time: Callable[[], bool]) -> bool:
    """Count the newest entries of a journal; return whether that was all."""
    try:
        with closing(JournalEnd(target, JOURNAL_ENTRIES, how.max_line_bytes, in_time)) as journal:
            count.read(journal.stream, how, now=now)
            return journal.whole
    except Unreadable:
        return False


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _until(chunks: Iterator[bytes], in_time: Callable[[], bool]) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        if not in_time():
            return
