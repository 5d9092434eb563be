"""Turn chunks of log lines into push results.

A grammar's tree is printed (``logwatch.compile``) as one bytes regex for a line, which is exact, and goes back only
inside a ``Regex`` that has to, and as one for whole chunks, which PCRE2 runs as machine code, and which leaves lines
where a repetition sets values in an order that its groups do not tell. Lines stand in their envelope meanwhile, where
that is known. What is captured of a line is looked up as one text, and its result is a byte from there on, so that
counting and finding are byte searches. pyparsing is the reference; property tests hold both to it.
"""

from logwatch.dialect import Grammar, load
from logwatch.dialect.result import Reasons
from logwatch.parse.chunk_results import LazyFailures, held_bytes, read_together
from logwatch.parse.scanner import Scanner

__all__ = ["Grammar", "LazyFailures", "Reasons", "Scanner", "held_bytes", "load", "read_together"]
