"""Judge how blind we are: which share of the lines with the marker gave no result, lately and over the hour."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from logwatch.ledger.buckets import MINUTE, QUARTER, Reading
from logwatch.model import Seen

LEAST_SHARE = 0.05  # if more than 1 in 20 is unread, no share of what was read can be trusted
LATELY_SECONDS = 120.0
FEW = 5  # lines; fewer may have been cut off by a crash, or written by a user
_GAP_SECONDS = 2 * QUARTER  # without an unread line end a run of them
_HOUR = 3600.0
_CHANCE = 0.01  # that a run of readable lines is a coincidence
_LEAST_READ = 3


@dataclass(frozen=True, slots=True)
class LineShare:
    """Lines with the marker in a stretch of time."""

    unread: int = 0
    all: int = 0

    @property
    def share(self) -> float:
        """The share that gave no result, 0 to 1."""
        return self.unread / self.all if self.all else 0.0


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of a source's push lines could be read; times in seconds since the epoch."""

    hour: LineShare = LineShare()
    lately: LineShare = LineShare()  # the minutes that began in the last two
    causes: tuple[tuple[str, int], ...] = ()  # unread of the hour, the most frequent first
    since: float | None = None  # when the present run of unread lines began, at most a day ago
    last: float | None = None  # the time of the last unread line
    read_since: int = 0  # lines that were read in the minutes after that
    read_at: float | None = None  # the time of the last line that gave a result

    @property
    def blind(self) -> bool:
        """Whether so much is unread that shares of the rest are meaningless."""
        suddenly = self.lately.share > LEAST_SHARE and self.lately.unread >= FEW
        return self.hour.share > LEAST_SHARE or suddenly

    @property
    def over(self) -> bool:
        """Whether so many lines were read since the last unread one that this is no coincidence."""
        chance = (1 - self.hour.share) ** self.read_since
        return not self.lately.unread and self.read_since >= _LEAST_READ and chance <= _CHANCE

    @property
    def heavy(self) -> bool:
        """Whether there is more than a stray line or two among readable ones."""
        return self.hour.unread >= FEW or self.hour.unread == self.hour.all

    @property
    def sudden(self) -> bool:
        """Whether the last two minutes are worse than the hour."""
        return self.lately.unread >= FEW and self.lately.share > self.hour.share

    @property
    def worst(self) -> LineShare:
        """The stretch with the larger share."""
        return self.lately if self.sudden else self.hour


def sight(readings: Mapping[Reading, Seen], source: str, now: float) -> Sight:
    """Judge one source at ``now`` (seconds since the epoch)."""
    # What was judged by a clock that has since been set back has no known time
    mine = [(each, seen) for each, seen in readings.items() if each.source == source and each.start <= now]
    minutes = [(each, seen) for each, seen in mine if each.seconds == MINUTE and (seen.last or 0.0) > now - _HOUR]
    unread = [(each, seen) for each, seen in minutes if each.cause]
    causes: dict[str, int] = {}
    for each, seen in unread:
        causes[each.cause] = causes.get(each.cause, 0) + seen.count
    came = [(bool(each.cause), seen.last) for each, seen in mine if seen.last is not None]
    last = max((at for strange, at in came if strange), default=None)
    return Sight(
        hour=_count(minutes),
        lately=_count((each, seen) for each, seen in minutes if each.start > now - LATELY_SECONDS),
        causes=tuple(sorted(causes.items(), key=lambda item: (-item[1], item[0]))),
        since=_since([(each, seen) for each, seen in mine if each.seconds == QUARTER]),
        last=last,
        read_since=sum(seen.count for each, seen in minutes if not each.cause and each.start > (last or 0.0)),
        read_at=max((at for strange, at in came if not strange), default=None),
    )


def _count(readings: Iterable[tuple[Reading, Seen]]) -> LineShare:
    unread = total = 0
    for each, seen in readings:
        total += seen.count
        unread += seen.count if each.cause else 0
    return LineShare(unread, total)


def _since(quarters: list[tuple[Reading, Seen]]) -> float | None:
    """Return when the last run of quarters with more than 1 in 20 lines unread began; None if there is none."""
    starts: dict[int, list[tuple[Reading, Seen]]] = {}
    for each, seen in quarters:
        starts.setdefault(each.start, []).append((each, seen))
    began: float | None = None
    for start in sorted(starts, reverse=True):
        if _count(starts[start]).share <= LEAST_SHARE:
            continue
        first = min(seen.first or start for each, seen in starts[start] if each.cause)
        last = max(seen.last or start for each, seen in starts[start] if each.cause)
        if began is not None and began - last > _GAP_SECONDS:
            break
        began = first
    return began
