"""Turn chunks of log lines into push results.

A grammar's tree is printed (``logwatch.compile``) as one bytes regex for a line, which is exact, and goes back only
inside a ``Regex`` that has to, and as one for whole chunks, which leaves lines where a repetition sets values in an
order that its groups do not tell. In front of that runs a third: the tree specialised to the ways that example lines
take, which may match fewer lines, never differently, and is made again where what it leaves costs more. Captures are
dictionary-encoded, so that counting and finding are byte searches. pyparsing is the reference; property tests hold all
of them to it.
"""

from logwatch.dialect import Grammar, load
from logwatch.dialect.result import Reasons
from logwatch.parse.chunk_results import LazyFailures, held_bytes, read_together
from logwatch.parse.scanner import Scanner

__all__ = ["Grammar", "LazyFailures", "Reasons", "Scanner", "held_bytes", "load", "read_together"]
