"""Numbers what an expression captures of lines, a byte each: counting and finding them are searches for a byte then."""

from collections.abc import Collection, Sequence
from itertools import compress, count

Groups = tuple[bytes, ...]
"""What an expression captured of one line, group by group."""

RARE = 255
"""The number of what is not among the first 255 kinds, or too long to be one: it is looked at line by line."""
_LONGEST = 512  # bytes


def short(groups: Groups) -> bool:
    """Tell whether to remember it: longer ones hold what users wrote, never come again, and would fill the memory."""
    return len(b"".join(groups)) <= _LONGEST


class Kinds(dict[Groups, int]):
    """The kinds of captures that came so far, each with its number."""

    def __missing__(self, groups: Groups) -> int:
        """Give a new kind the next number."""
        number = len(self)
        if number >= RARE or not short(groups):
            return RARE
        self[groups] = number
        return number

    def number(self, found: Sequence[Groups]) -> bytes:
        """Give each line's kind; the same number means the same kind within this call, and RARE any other."""
        if len(self) >= RARE:  # what fills it may never come again, and would keep out what does
            self.clear()
        return bytes(map(self.__getitem__, found))


def places(kinds: bytes, wanted: Collection[int]) -> list[int]:
    """Give where one of the wanted numbers stands, in order."""
    if not wanted:
        return []
    table = bytearray(256)
    for kind in wanted:
        table[kind] = 1
    return list(compress(count(), kinds.translate(table)))
