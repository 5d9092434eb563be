"""Keep how often each result was logged in each minute, in a file: a year takes no more memory than a day.

The file is SQLite's own temporary one: it is in TMPDIR, else in /var/tmp, has no name, and is gone with the process.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

from logwatch.errors import LogwatchError
from logwatch.ledger.keys import ResultRow

_HELD = 50_000  # tallies in memory, before they are added to the file
_CACHE_KIB = 16_384


class Tallies:
    """Counts by result and minute, in any order; minutes are whole ones since the epoch."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute(
            "CREATE TABLE tallies (series INTEGER, minute INTEGER, count INTEGER NOT NULL,"
            " PRIMARY KEY (series, minute)) WITHOUT ROWID"
        )
        self._db.execute("BEGIN")
        self._series: dict[ResultRow, int] = {}
        self._held: Counter[tuple[int, int]] = Counter()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._db.close()

    def add(self, row: ResultRow, minute: int, count: int) -> None:
        """Add what was logged in a minute."""
        self._held[self._series.setdefault(row, len(self._series)), minute] += count
        if len(self._held) >= _HELD:
            self._store()

    @property
    def rows(self) -> list[ResultRow]:
        """All results so far, sorted."""
        return sorted(self._series)

    def minutes(self, rows: Iterable[ResultRow]) -> Iterator[tuple[int, int]]:
        """Yield the minutes in which any of ``rows`` was logged, in order, each with how often."""
        self._store()
        numbers = [self._series[row] for row in rows]
        with _as_logwatch_error():
            yield from self._db.execute(
                f"SELECT minute, sum(count) FROM tallies WHERE series IN ({', '.join('?' * len(numbers))})"  # noqa: S608  question marks
                " GROUP BY minute ORDER BY minute",
                numbers,
            )

    def _store(self) -> None:
        with _as_logwatch_error():
            self._db.executemany(
                "INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(*key, count) for key, count in sorted(self._held.items())],
            )
        self._held.clear()


@contextmanager
def _as_logwatch_error() -> Iterator[None]:
    """Turn an error of the file, which is hardly ever anything but a full disk, into a LogwatchError."""
    try:
        yield
    except sqlite3.Error as error:
        remedy = "make room there, or name another directory: TMPDIR=/path/with/room"
        raise LogwatchError.at("the directory for temporary files", "cannot be used", str(error), remedy) from None
