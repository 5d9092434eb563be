"""Keeps failed pushes as the lines they are, and reads them only when somebody asks: most are never looked at.

A storm of failures is as cheap as other lines then; only the newest ones, when a batch is stored, are read in detail.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from logwatch.model import Failure
from logwatch.parse.lines import Line

_TOGETHER = 128  # lines: more at once take more memory, and are no faster


class LazyFailures(Sequence[Failure]):
    """Failures in the order of their lines, which are read when they are taken out, together, not when cut off."""

    def __init__(self, lines: Sequence[Line], read: Callable[[Sequence[Line]], list[Failure]]) -> None:
        self._lines = lines
        self._read = read

    def naming(self, word: bytes) -> "LazyFailures":
        """Return those whose line has ``word``, in small letters, whatever the case: the others need not be read."""
        return LazyFailures([line for line in self._lines if word in line[0].lower()], self._read)

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Failure]:
        for at in range(0, len(self._lines), _TOGETHER):
            yield from self._read(self._lines[at : at + _TOGETHER])

    @overload
    def __getitem__(self, index: int) -> Failure: ...

    @overload
    def __getitem__(self, index: slice) -> "LazyFailures": ...

    def __getitem__(self, index: int | slice) -> "Failure | LazyFailures":
        if isinstance(index, slice):
            return LazyFailures(self._lines[index], self._read)
        return self._read([self._lines[index]])[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return repr(list(self))
