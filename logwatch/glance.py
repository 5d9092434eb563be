"""Look at the beginning of a log as the daemon would: which envelope its lines are in."""

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable

from logwatch import envelope as envelopes
from logwatch.model import Envelope, EnvelopeChoice
from logwatch.regular_file import open_file
from logwatch.unpack import FormatError, format_of, start

_LOOKED_AT_BYTES = 1 << 18
_MOST_FILES = 64
_SILENT = "no line of mesibo's yet"


def glance(paths: Iterable[str], owns: envelopes.Owns, kind: EnvelopeChoice) -> str:
    """Name the envelopes that logs are in, as the configuration does, the most frequent first; empty if none shows.

    A few dozen files are looked at at most; those that cannot be opened, or are no text, are left for others to report.
    """
    kinds: Counter[str] = Counter()
    for path in list(paths)[:_MOST_FILES]:
        try:
            head = _head(path)
        except (OSError, FormatError):
            continue
        if not envelopes.no_text(head):
            whole = head[: head.rfind(b"\n") + 1].removeprefix(BOM_UTF8)
            decided = envelopes.decide(whole, owns, kind=kind, final=True)
            kinds[envelopes.label(decided) if isinstance(decided, Envelope) else _SILENT] += 1
    if not kinds.keys() - {_SILENT}:
        return ""
    named = sorted(kinds.items(), key=lambda each: (each[0] == _SILENT, -each[1]))
    return ", ".join(f"{each} ({files})" if kinds.total() > 1 else each for each, files in named)


def _head(path: str) -> bytes:
    with open_file(path) as file:
        head = file.read(_LOOKED_AT_BYTES)
    format_ = format_of(head)
    return start(format_).decompress(head, _LOOKED_AT_BYTES) if format_ else head
