"""Decide when an expression is worth being made again: a lesson costs as much as thousands of lines read one by one.

While lessons teach nothing there are ever fewer of them. One that did teach something, by what has been read since, is
not the last: a log whose lines have changed is learned again at once.
"""

FIRST_LINES = 16
"""Lines that are left before the first lesson: to compile LINE, for the first of them alone, takes longer than that."""
_GROWTH = 8  # of what is waited for, with each lesson
_MAX_WAIT_LINES = 1 << 18  # a log may change, and by then to learn costs nothing beside them
_ENOUGH_LINES = 1024  # read behind a lesson, to tell whether it taught something
_TAUGHT = 1 / 4  # of the share that was read one by one before it, at most, is left then
_AGAIN_LINES = 128  # are waited for behind such a one: with those that it served they cost what the next one does


class Lessons:
    """When there was one, and how many lines have been read one by one since."""

    def __init__(self) -> None:
        self.wait = FIRST_LINES
        self.waiting = 0
        """Lines that were read one by one since the last lesson, or before the first."""
        self._lines = 0  # read in any way since then
        self._told = False  # what the lesson taught
        self._share_before = 0.0  # of lines that were read one by one before it

    def read(self, lines: int) -> None:
        """Note that so many lines were read, in any way."""
        if not self._told and self._lines >= _ENOUGH_LINES:
            self._told = True
            if self.waiting < _TAUGHT * self._share_before * self._lines:
                self.wait = min(self.wait, _AGAIN_LINES)
        self._lines += lines

    def due(self, expected: float, worth: float) -> bool:
        """Return whether it is time for one, where so many lines are ``expected`` to be read one by one without it.

        It is for as many as it is ``worth``, or for half of those that have waited, as in many short logs.
        """
        return self.waiting >= self.wait and max(self.waiting / 2, expected) >= worth

    def given(self) -> None:
        """Note that there is one now."""
        self._share_before = self.waiting / max(self._lines, self.waiting, 1)
        self.wait = min(_GROWTH * self.wait, _MAX_WAIT_LINES)
        self.waiting = self._lines = 0
        self._told = False
