"""Turn chunks of log lines into push results.

``compile/`` translates a pyparsing grammar into a small PEG tree, or refuses, and then pyparsing itself does the work.
The tree is printed as one bytes regex for a line, which is exact, and goes back only inside a ``Regex`` that has to,
and as one for whole chunks, which leaves lines where a repetition sets values in an order that its groups do not tell.
In front of that runs a third: the tree specialised to the ways that example lines take, which may match fewer lines,
never differently, and is made again where what it leaves costs more. Captures are dictionary-encoded, so that counting
and finding are byte searches. pyparsing is the reference; property tests hold all of them to it.
"""

from logwatch.parse.chunk_results import LazyFailures, held_bytes, read_together
from logwatch.parse.grammar import Grammar, load
from logwatch.parse.result import Reasons
from logwatch.parse.scanner import Scanner

__all__ = ["Grammar", "LazyFailures", "Reasons", "Scanner", "held_bytes", "load", "read_together"]
