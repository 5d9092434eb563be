"""What is done with a chunk as a whole, at the speed of the bytes and collections types: gather, count, measure."""

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_BLOCK = 128  # lines counted together: where a kind stands first and last is looked for in two blocks only


def gather(data: bytes, marker: bytes) -> bytes:
    """Give only the lines that contain the marker; ``data`` and what is given end in a newline, or are empty."""
    lines: list[bytes] = []
    at = data.find(marker)
    while at >= 0:
        end = data.find(b"\n", at) + 1
        lines.append(data[data.rfind(b"\n", 0, at) + 1 : end])
        at = data.find(marker, end)
    return b"".join(lines)


def has_longer(data: bytes, most: int) -> bool:
    """Tell whether some line is longer than ``most`` bytes, in steps of that length."""
    at = 0
    while at + most < len(data):
        at = data.rfind(b"\n", at, at + most + 1) + 1
        if not at:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Place:
    """How often something is in a list, and where first and last."""

    times: int
    first: int
    last: int


def tally(found: list[T]) -> dict[T, Place]:
    """Count equal items; a plain count and a look into two blocks each is cheaper than to note every position."""
    total: dict[T, list[int]] = {}
    for at in range(0, len(found), _BLOCK):
        for item, times in Counter(found[at : at + _BLOCK]).items():
            before = total.get(item)
            if before is None:
                total[item] = [times, at, at]
            else:
                before[0] += times
                before[2] = at
    places: dict[T, Place] = {}
    for item, (times, start, end) in total.items():
        first = found.index(item, start)
        places[item] = Place(times, first, first if times == 1 else _last(found, item, end))
    return places


def _last(found: list[T], item: T, at: int) -> int:
    block = found[at : at + _BLOCK]
    block.reverse()
    return at + len(block) - 1 - block.index(item)
