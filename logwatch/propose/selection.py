"""Keep some of the lines of a log, each as likely as any other: all of them may be more than fits into memory."""

import random


class Selection:
    """At most ``most`` lines, and at most ``most_bytes`` of them, of all that were added."""

    def __init__(self, most: int, most_bytes: int = 64 << 20) -> None:
        self.seen = 0
        """How many lines were added."""
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: list[tuple[int, bytes]] = []
        self._random = random.Random(0)  # noqa: S311  the same log gives the same lines

    def add(self, number: int, line: bytes) -> None:
        """Add a line, the ``number``-th of its log."""
        self.seen += 1
        if len(self._kept) < self._most:
            self._kept.append((number, line))
        elif (at := self._random.randrange(self.seen)) < self._most:
            self._bytes -= len(self._kept[at][1])
            self._kept[at] = (number, line)
        else:
            return
        self._bytes += len(line)
        while self._bytes > self._most_bytes and self._most > 1:
            self._most = max(1, len(self._kept) // 2)
            self._kept = self._random.sample(self._kept, self._most)
            self._bytes = sum(len(line) for _, line in self._kept)

    @property
    def lines(self) -> list[tuple[int, bytes]]:
        """The lines that were kept, in their order, each with its number."""
        return sorted(self._kept)
