"""What all paths of a source share: settings, numbering, the log, and a bound on open files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from logwatch.model import Sink
from logwatch.tail.events import Log, shown
from logwatch.tail.generation import Reading

if TYPE_CHECKING:
    from logwatch.tail.generation import Generation
    from logwatch.tail.lineage import Lineage
    from logwatch.tail.places import Candidate


class Turn(NamedTuple):
    """One turn of the reading loop: what time it is, and where to put what is found."""

    now: float
    sink: Sink


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a lineage needs to know of the world beyond its own path."""

    reading: Reading
    release_seconds: float
    next_generation: Callable[[], int]
    elsewhere: Callable[["Lineage", "Candidate"], "tuple[Lineage, Generation] | None"]
    room: Callable[[], bool]  # may one more file be opened?
    log: Log

    def lose(self, turn: Turn, path: str, amount: int, why: str) -> None:
        """Count bytes that were seen and are gone before they were read."""
        if amount > 0:
            turn.sink.tally(self.reading.source, "lost_bytes", "", amount)
            self.log.warning("bytes_lost", path=shown(path), bytes=amount, why=why)
