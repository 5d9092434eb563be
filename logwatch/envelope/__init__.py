"""What stands around a line: nothing, Docker's record, a Kubernetes runtime's, syslog's, journalctl's, compose's.

Pure functions over bytes. ``decide`` tells the envelope of a generation by mesibo's own lines in it; ``cut`` takes
whole logical lines off a buffer; ``unwrap`` takes them out of their envelope, with the time that it wrote; ``stripped``
does the same for a whole chunk where nothing but fronts has to go. ``formats`` lists the formats, one or a family of
them a module.
"""

from logwatch.envelope.decide import ENOUGH_VOTES, Owns, Undecided, could_be, decide, settled, silent_end, undecided
from logwatch.envelope.formats import FORMATS, decoded, encoded, label, of_kind
from logwatch.envelope.journal_json import AS_TEXT
from logwatch.envelope.lines import Piece, cut, has_parts, is_literal, stripped, unwrap, without_fronts
from logwatch.envelope.prefixed import CONTAINER_ID
from logwatch.envelope.record import Format, Line, Record
from logwatch.envelope.text import MARK, NoText, clean, is_tar, no_text, uncoloured

__all__ = [
    "AS_TEXT",
    "CONTAINER_ID",
    "ENOUGH_VOTES",
    "FORMATS",
    "MARK",
    "Format",
    "Line",
    "NoText",
    "Owns",
    "Piece",
    "Record",
    "Undecided",
    "clean",
    "could_be",
    "cut",
    "decide",
    "decoded",
    "encoded",
    "has_parts",
    "is_literal",
    "is_tar",
    "label",
    "no_text",
    "of_kind",
    "settled",
    "silent_end",
    "stripped",
    "uncoloured",
    "undecided",
    "unwrap",
    "without_fronts",
]
