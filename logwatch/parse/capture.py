"""Reads what an expression for whole chunks captures of a line: the result it counts by, or all of its values."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from logwatch.model import Cause
from logwatch.parse.kinds import Groups, Kinds, short
from logwatch.parse.program import Program, Values
from logwatch.parse.reading import IDENTIFIERS, Reading, judge

REST = "rest"
"""The name of the group that holds what stands behind the unrolled turns of a last repetition."""
_REMEMBERED = 512  # readings of captured groups; more mean that they do not repeat
_REPEATED = 512  # bytes: what providers answer is short, and comes again and again


class Usual:
    """An expression that matches any line, newline included; group by group what it captures of a usual one.

    A line that is not usual leaves all groups empty. REST, if it is there, is what stands behind the unrolled turns of
    a last repetition, which cannot fail: ``tail`` goes through it.
    """

    def __init__(self, pattern: re.Pattern[bytes], groups: Sequence[str], tail: Program | None) -> None:
        self.pattern = pattern
        self.groups = tuple(groups)
        self.tail = tail
        self.kinds = Kinds()
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._understood)
        # for reading one line whole: what tells its result, and what tells it from others, each name once
        self._distinct = len(set(groups)) == len(groups)
        self._telling = [name not in IDENTIFIERS for name in groups]
        self._own = [groups.index(name) if name in groups else len(groups) for name in IDENTIFIERS]

    def understand(self, groups: Groups) -> Reading | Cause | None:
        """Read what was captured of a line, identifiers left out; None for a line that was only caught."""
        return self._remembered(groups) if short(groups) else self._understood(groups)

    def _understood(self, groups: Groups) -> Reading | Cause | None:
        values = self.values(groups)
        return judge(values) if values else None

    def capture(self, line: bytes) -> Groups | None:
        """Give what is captured of one line, newline included; None if it is not a usual one."""
        found = self.pattern.fullmatch(line)
        return found.groups(b"") if found and found.lastindex else None

    def read(self, groups: Groups) -> Reading | Cause:
        """Read all that was captured of a usual line; what is the same on most lines is judged once."""
        if not self._distinct:
            return judge(self.values(groups))
        told = self.understand(tuple([groups[i] if telling else b"" for i, telling in enumerate(self._telling)]))
        if told is None or isinstance(told, str):
            return told or "no_code"
        groups += (b"",)
        own = [groups[i].decode("utf-8", "replace") for i in self._own]
        code, platform, reason, *behind = told
        if any(behind):  # in the rest of the line, and the later value counts
            own = [later or earlier for earlier, later in zip(own, behind, strict=True)]
        return Reading(code, platform, reason, *own)

    def values(self, groups: Iterable[bytes | None]) -> Values:
        """Give the named values of what was captured of a line, in order; none of a line that was only caught."""
        values: Values = []
        for name, value in zip(self.groups, groups, strict=False):
            if value:
                values += self._behind(value) if name == REST else ((name, value),)
        return values

    def _behind(self, rest: bytes) -> Values:
        assert self.tail is not None
        return _answer(self.tail, rest) if len(rest) <= _REPEATED else self.tail.all_turns(rest + b"\n")


@lru_cache(maxsize=1024)
def _answer(tail: Program, rest: bytes) -> Values:
    return tail.all_turns(rest + b"\n")
