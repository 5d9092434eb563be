"""How one build of mesibo writes its lines: a grammar from its file, with its samples, and what it makes of a line.

``load`` runs a file of plain pyparsing and has it compiled; ``samples`` are the proof that it works. ``grammar`` reads
a line with pyparsing itself, which is right by definition, and ``result`` has the rules by which the values of a line
make a push result. ``trace`` shows how far a grammar gets in a line, ``redact`` what may be shown of one.
"""

from logwatch.dialect.grammar import Grammar
from logwatch.dialect.load import load

__all__ = ["Grammar", "load"]
