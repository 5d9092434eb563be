"""Find what a source's logs have besides live files: rotated files, and the newest entries of a journal."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from logwatch.errors import Problem
from logwatch.journal.child import Child, NoJournalError
from logwatch.journal.export import Parser
from logwatch.journal.messages import FIELDS, Messages
from logwatch.journal.place import Target, look
from logwatch.report.source import Stream, Unreadable
from logwatch.tail.rotated_names import rotated_name

_WAIT_SECONDS = 0.1  # for journalctl, between two checks of whether there is time left


def rotated(path: Path) -> list[Path]:
    """Return the files beside a log that, by their names, can only be its rotated ones."""
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        return []
    return [
        other
        for other in beside
        if (name := rotated_name(path.name, other.name)) is not None and name.certain and other.is_file()
    ]


class JournalEnd:
    """The newest entries of a journal, at most ``most``, as lines; raises Unreadable if it cannot be read."""

    def __init__(
        self, target: Target, most: int, max_line_bytes: int, in_time: Callable[[], bool] = lambda: True
    ) -> None:
        if problems := look(target).problems:
            raise Unreadable(problems[0])
        try:
            fields = f"--output-fields={','.join(FIELDS)}"
            self._child = Child([f"--lines={most}", fields, *target.arguments])
        except NoJournalError as error:
            raise Unreadable(*error.problems) from None
        self._target = target
        self._most = most
        self._max_line_bytes = max_line_bytes
        self._in_time = in_time
        self._entries = 0
        self._ended = False  # journalctl has, and was reaped

    @property
    def whole(self) -> bool:
        """Whether what was read is all there is."""
        return self._ended and self._entries < self._most

    @property
    def stream(self) -> Stream:
        """Its lines, oldest first."""
        return Stream(f"the journal of {self._target.words}", (0, 0), None, 0, self._lines(), lambda: 0)

    def close(self) -> None:
        """End journalctl."""
        if not self._ended:
            self._ended = True
            self._child.kill()

    def _lines(self) -> Iterator[bytes]:
        parser, messages = Parser(self._max_line_bytes + 1), Messages(self._max_line_bytes, fresh=True)
        while (data := self._child.read()) != b"":
            if not self._in_time():
                return
            if data is None:
                self._child.wait(_WAIT_SECONDS)
                continue
            for entry in parser.feed(data):
                self._entries += 1
                messages.take(entry)
            yield messages.hand_on().data
        messages.settle()
        yield messages.hand_on().data
        self._ended = True
        status, said = self._child.reap()
        if status:
            command = f"journalctl {shlex.join(self._target.arguments)}"
            raise Unreadable(Problem("journalctl", "has ended", said or f"status {status}", command))
