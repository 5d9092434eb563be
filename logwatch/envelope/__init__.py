"""The format around a line: none, Docker's record, a Kubernetes runtime's, syslog's, journalctl's, compose's.

Pure functions over bytes. ``decide`` finds the envelope of a generation from mesibo's own lines in it; ``cut`` takes
whole logical lines off a buffer; ``unwrap`` takes them out of their envelope, with the time that it gives them;
``taken_out`` does the same for whole records at the speed of C. ``formats`` lists the formats; those that only put
something in front of a line are a table in ``fronts``.
"""

from logwatch.envelope.decide import Owns, Undecided, changed, could_be, decide, settled, silent_end, undecided
from logwatch.envelope.formats import FORMATS, decoded, encoded, label, of_kind
from logwatch.envelope.lines import (
    begins,
    behind,
    cut,
    escapes,
    frame,
    is_dated,
    opening,
    own,
    taken_out,
    unwrap,
)
from logwatch.envelope.record import Format, Frame, Line, Received, Record
from logwatch.envelope.text import (
    ESCAPED_RETURNS,
    NoText,
    clean,
    is_noise,
    is_tar,
    line_count,
    no_text,
    shortened,
    torn,
    uncoloured,
)
from logwatch.envelope.times import COLOUR_REST

__all__ = [
    "COLOUR_REST",
    "ESCAPED_RETURNS",
    "FORMATS",
    "Format",
    "Frame",
    "Line",
    "NoText",
    "Owns",
    "Received",
    "Record",
    "Undecided",
    "begins",
    "behind",
    "changed",
    "clean",
    "could_be",
    "cut",
    "decide",
    "decoded",
    "encoded",
    "escapes",
    "frame",
    "is_dated",
    "is_noise",
    "is_tar",
    "label",
    "line_count",
    "no_text",
    "of_kind",
    "opening",
    "own",
    "settled",
    "shortened",
    "silent_end",
    "taken_out",
    "torn",
    "uncoloured",
    "undecided",
    "unwrap",
]
