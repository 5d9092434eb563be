"""What is to become of a path's generations and of the files around it, as ``reconcile`` decides and ``apply`` does."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from logwatch.model import FileState, RotationKind


class Hold(NamedTuple):
    """A generation lies in this file; reading goes on at ``at`` if that is another place than before.

    ``cut``: it was cut off at its end, and nobody can tell whether what stands before ``at`` was all read.
    """

    number: int
    file: int
    at: int | None = None
    cut: bool = False


class Replace(NamedTuple):
    """A generation goes on in a copy at its path; what is behind ``rest`` in the file it had is another one's."""

    number: int
    file: int
    at: int
    rest: int
    rest_file: int | None  # where that file is; None: it is open


class Leave(NamedTuple):
    """A generation lies in no file that was found.

    ``open``: it is read from its open file; ``packed``: that cannot be told before an archive is unpacked further, or
    before a file has grown;
    ``missing``: its bytes are nowhere; ``disowned``: nor is its inode its own any more; ``done``: nothing of it is left
    to be read; ``ignored``: it is no generation; ``forgotten``: it was over, and is nowhere.
    """

    number: int
    how: Literal["open", "packed", "missing", "disowned", "done", "ignored", "forgotten"]


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


Action = Hold | Replace | Leave | TakeUp | Absent | Rotated


@dataclass(slots=True)
class Plan:
    """What is to be done, in this order."""

    actions: list[Action] = field(default_factory=list)
    news: bool = False  # rotated files hold what nobody has seen: that has to be made sure of
    again: bool = False  # the next look is to decide what this one could not
