"""Turn chunks of log lines into push results.

``logwatch.compile`` writes a grammar as two bytes regexes. The one for a single line is exact, and backtracks only
inside a ``Regex``. The one for whole chunks, which PCRE2 runs as machine code, leaves those lines to the first whose
repetitions set values in an order that groups cannot express; it reads lines inside their envelope where that is known.
The captures of a line are looked up as one text, and its result is a single byte from there on, so counting and
searching are byte searches. pyparsing is the reference; property tests hold both regexes to it.
"""

from logwatch.dialect import Grammar, load
from logwatch.dialect.result import Reasons
from logwatch.parse.chunk_results import LazyFailures, held_bytes, read_together
from logwatch.parse.scanner import Scanner

__all__ = ["Grammar", "LazyFailures", "Reasons", "Scanner", "held_bytes", "load", "read_together"]
