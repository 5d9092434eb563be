"""Turn failures into what may be stored of them: dated, with a documented reason or none, identifiers masked.

This is done column by column, and only on demand: a commit has thousands, and most of a backlog are never stored.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, repeat
from typing import Any

from logwatch.catalogue import Catalogue
from logwatch.ledger.waiting import StoredFailure
from logwatch.model import Failure
from logwatch.parse import held_bytes, read_together
from logwatch.privacy import Privacy

_stored_failure = partial(tuple.__new__, StoredFailure)  # of a row; takes a fifth of the time of ``_make``


@dataclass(slots=True)
class ChunkFailures:
    """Failures of one chunk, and the time (seconds since the epoch) assumed of those without one."""

    failures: Sequence[Failure]
    source: str
    assumed: float

    def __len__(self) -> int:
        return len(self.failures)

    def __getitem__(self, some: slice) -> "ChunkFailures":
        return ChunkFailures(self.failures[some], self.source, self.assumed)

    @property
    def held_bytes(self) -> int:
        """Bytes of the lines that are kept until the failures are read."""
        return held_bytes(self.failures)


def stored(found: Sequence[ChunkFailures], privacy: Privacy, catalogue: Catalogue) -> Iterator[StoredFailure]:
    """Yield failures as they may be stored."""
    listed = catalogue.reason
    origins = chain.from_iterable(repeat((each.source, each.assumed), len(each)) for each in found)
    for at, platform, code, reason, app, user, token, shape in read_together(each.failures for each in found):
        source, assumed = zip(*islice(origins, len(at)), strict=True)
        keys = list(zip(platform, code, reason, strict=True))
        known = {key: listed(*key) for key in set(keys)}
        apps = {each: privacy.app(each) for each in set(app)}
        columns: tuple[Iterable[Any], ...] = (
            [own if own is not None else other for own, other in zip(at, assumed, strict=True)],
            *(source, platform, map(str, code), map(known.__getitem__, keys)),
            *(map(apps.__getitem__, app), map(privacy.user, user), map(privacy.token, token), shape),
        )
        yield from map(_stored_failure, zip(*columns, repeat(""), repeat(""), strict=False))
