"""What a decision goes by: a path as it was, what is known of its generations, and the files that were found."""

from dataclasses import dataclass, field

from logwatch.model import Position
from logwatch.tail.candidates import Candidate
from logwatch.tail.identity import Answer, Positioned, Relation


@dataclass(frozen=True, slots=True)
class PathView:
    """What a decision needs to know of the path itself."""

    current: int | None = None  # the generation that it led to when it was last looked at
    truncated: bool = False  # that one ended by a truncation
    first: bool = False  # it was never looked at before
    starts_at_end: bool = False  # what is there at the first look is skipped
    news_since: float = float(
        "inf"
    )  # rotated files of a new path that were written to later, in seconds, are no history
    followed: bool = True  # it has led somewhere before
    was_blank: bool = False  # its file had too short a head to tell it from its successor
    successor: bool = False  # it takes over from another path
    is_link: bool = False
    absent: bool = False  # it leads nowhere


@dataclass(frozen=True)
class Known(Positioned):
    """What a decision needs to know of a generation."""

    position: Position
    open: bool = False  # the file that was written is open: its inode is nobody else's
    name: str = ""  # of that file by now, wherever it was moved to; empty when it was deleted
    dead: bool = False  # it was deleted, and read to its end

    @property
    def unread(self) -> bool:
        """Whether it is to be read, and only its head was seen so far, which recurs if it is a banner."""
        return self.in_use and not self.open and not self.position.offset and self.position.head_bytes > 0

    @property
    def followed(self) -> bool:
        """Whether it was no history when its path was first looked at."""
        return self.position.state != "ignored"

    @property
    def place(self) -> str:
        """Where its file is, as far as is known."""
        return self.name or self.position.found_at


@dataclass(slots=True)
class Found:
    """The files that were found, and what each is to each generation and to each other file, by number and index."""

    candidates: list[Candidate]
    at_path: int | None = None
    sizes: list[int | None] = field(default_factory=list)  # uncompressed; None while nobody needed to know
    answers: dict[tuple[int, int], Answer] = field(default_factory=dict)  # (generation, file)
    parts: set[tuple[int, int]] = field(default_factory=set)  # (file, file that holds all of it)
    own_parts: set[tuple[int, int]] = field(default_factory=set)  # (generation whose own file holds all of it, file)
    common: dict[tuple[int, int], int] = field(default_factory=dict)  # as much as both open file and other file hold
    rotated_names: frozenset[str] = frozenset()
    undecided: set[int] = field(default_factory=set)  # files that are to be unpacked further
    torn: bool = False  # the path's file ends within the first bytes of a line, which are alike in many lines

    def answer(self, number: int, index: int) -> Answer:
        """Return what a file is to a generation."""
        return self.answers.get((number, index), Answer(Relation.OTHER))
