"""What ``reconcile`` decides by, what it says is to become of generations and files, and what ``apply`` carries out."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from logwatch.model import FileState, Position, RotationKind
from logwatch.tail.candidates import Candidate
from logwatch.tail.identity import Answer, Positioned, Relation


@dataclass(frozen=True, slots=True)
class PathView:
    """What a decision needs to know of the path itself."""

    current: int | None = None  # the generation that it led to when it was last looked at
    truncated: bool = False  # that one ended by a truncation
    first: bool = False  # it was never looked at before
    starts_at_end: bool = False  # what is there at the first look is skipped
    news_since: float = float("inf")  # what was written later is no history
    followed: bool = True  # it has led somewhere before
    was_blank: bool = False  # its file had too short a head to tell it from its successor
    successor: bool = False  # it takes over from another path
    is_link: bool = False


@dataclass(frozen=True)
class Known(Positioned):
    """What a decision needs to know of a generation."""

    position: Position
    open: bool = False  # the file that was written is open: its inode is nobody else's
    name: str = ""  # of that file by now, wherever it was moved to; empty when it was deleted
    dead: bool = False  # it was deleted and read to its end, or was nowhere for long enough


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
    anothers: set[int] = field(default_factory=set)  # files that another path has followed, or copies of them
    undecided: set[int] = field(default_factory=set)  # files that are to be unpacked further
    hidden: set[int] = field(default_factory=set)  # generations that are over, and lay where nobody can look now
    torn: bool = False  # the path's file ends within the first bytes of a line, which are alike in many lines

    @property
    def path_file(self) -> Candidate | None:
        """The file that the path leads to."""
        return None if self.at_path is None else self.candidates[self.at_path]

    def answer(self, number: int, index: int) -> Answer:
        """Return what a file is to a generation."""
        return self.answers.get((number, index), Answer(Relation.OTHER))


class Hold(NamedTuple):
    """A generation lies in this file; reading goes on at ``at`` if that is another place than before.

    ``cut``: it was cut off at its end, and nobody can tell whether what stands before ``at`` was all read.
    """

    number: int
    file: int
    at: int | None = None
    cut: bool = False


class Leave(NamedTuple):
    """A generation lies in no file that was found.

    ``open``: it is read from its open file, from ``at`` on if that is another place than before; ``packed``: that
    cannot be told before an archive is unpacked further, or before a file has grown; ``missing``: its bytes are
    nowhere; ``disowned``: nor is its inode its own any more; ``done``: nothing of it is left to be read; ``ignored``:
    it is no generation; ``forgotten``: it was over, and is nowhere.
    """

    number: int
    how: Literal["open", "packed", "missing", "disowned", "done", "ignored", "forgotten"]
    at: int | None = None


class TakeUp(NamedTuple):
    """A file is a new generation, read from ``at`` on (None: from its end on); an ignored one is not read."""

    file: int
    state: FileState
    at: int | None = 0


class Absent(NamedTuple):
    """Nothing was there at the first look: what comes is new."""


class Rotated(NamedTuple):
    """The path began to lead to other bytes, so many times."""

    kind: RotationKind
    times: int = 1


Action = Hold | Leave | TakeUp | Absent | Rotated


@dataclass(slots=True)
class Plan:
    """What is to be done, in this order."""

    actions: list[Action] = field(default_factory=list)
    copy_of: dict[int, int] = field(default_factory=dict)  # file: the generation whose bytes it has from the beginning
    news: bool = False  # rotated files hold what nobody has seen: that has to be made sure of
    again: bool = False  # the next look is to decide what this one could not
