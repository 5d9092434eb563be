"""How one build of mesibo writes its lines: a grammar out of its file, held to its samples, and what it says of a line.

``load`` runs a file of plain pyparsing and has it compiled; ``samples`` are the proof that it works. ``grammar`` reads
a line by pyparsing itself, which is by definition right, and ``result`` holds the rules by which the values of a line
make a push result. ``trace`` shows how far a grammar comes in a line, ``redact`` what may be shown of one.
"""

from logwatch.dialect.grammar import Grammar
from logwatch.dialect.load import load

__all__ = ["Grammar", "load"]
