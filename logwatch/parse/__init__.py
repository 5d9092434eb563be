"""Turn chunks of log lines into push results.

``compile/`` translates a pyparsing grammar into a small PEG tree, or refuses, and then pyparsing itself does the work.
The tree is printed as one bytes regex for a line, which is exact, and goes back only inside a ``Regex`` that has to. A
second regex runs over whole chunks: the tree specialised to the ways that example lines take; it may match fewer lines,
never differently. Its captures are dictionary-encoded, so counting and finding are byte searches; lines that it leaves
are parsed singly, and where that costs more than to make it again, some become its examples. pyparsing is the
reference; property tests hold both regexes to it.
"""

from logwatch.parse.chunk_results import LazyFailures, held_bytes, read_together
from logwatch.parse.grammar import Grammar, load
from logwatch.parse.result import Reasons
from logwatch.parse.scanner import Scanner

__all__ = ["Grammar", "LazyFailures", "Reasons", "Scanner", "held_bytes", "load", "read_together"]
