"""How a source does right now, for metrics and for people: the same words for files, journals and webhooks."""

from dataclasses import dataclass, field

from logwatch.errors import Problem
from logwatch.model import InputKind


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How following goes."""

    name: str
    up: bool  # at least one file is followed, and none that is there is out of reach
    files_followed: int
    lag_bytes: int  # seen and not handed on
    caught_up: bool  # all that was there at the first look has been handed on
    last_line_at: float | None  # the clock when lines were last handed on
    problems: tuple[Problem, ...]
    input: InputKind = field(default="file", kw_only=True)
    envelope: str = field(default="", kw_only=True)  # around each line, once that is known
