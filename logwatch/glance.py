"""Look at the beginning of a log as the daemon would: whether it is text, and which envelope its lines are in."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from logwatch import envelope as envelopes
from logwatch.errors import Problem
from logwatch.events import quoted, shown
from logwatch.model import Envelope, EnvelopeChoice
from logwatch.regular_file import open_file
from logwatch.unpack import FormatError, format_of, start

_LOOKED_AT_BYTES = 1 << 18
_MOST_FILES = 64


@dataclass(frozen=True, slots=True)
class Glance:
    """What some files are: how many have which envelope, and which are not logs."""

    files: int
    kinds: Counter[str]  # envelope, as the configuration names it -> files
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        """Summarize it on one line."""
        parts = [f"{kind} ({files})" if self.files > 1 else kind for kind, files in self.kinds.most_common()]
        if silent := self.files - self.kinds.total() - len(self.problems):
            parts.append(f"no line of mesibo's yet ({silent})" if self.files > 1 else "no line of mesibo's yet")
        return ", ".join(parts)


def glance(paths: Iterable[str], owns: envelopes.Owns, kind: EnvelopeChoice) -> Glance:
    """Look at a few dozen files at most; those that cannot be opened are left for others to report."""
    files = 0
    kinds: Counter[str] = Counter()
    problems = []
    for path in list(paths)[:_MOST_FILES]:
        try:
            head = _head(path)
        except (OSError, FormatError):
            continue
        files += 1
        if found := envelopes.no_text(head):
            name = shown(path)
            problems.append(Problem(name, found.what, found.why, found.remedy.format(quoted(name)), warning=True))
            continue
        whole = head[: head.rfind(b"\n") + 1].removeprefix(envelopes.MARK)
        decided = envelopes.decide(whole, owns, kind=kind, final=True)
        if isinstance(decided, Envelope):
            kinds[envelopes.label(decided)] += 1
    return Glance(files, kinds, tuple(problems))


def _head(path: str) -> bytes:
    with open_file(path) as file:
        head = file.read(_LOOKED_AT_BYTES)
    format_ = format_of(head)
    return start(format_).decompress(head, _LOOKED_AT_BYTES) if format_ else head
