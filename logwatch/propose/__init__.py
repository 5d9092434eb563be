"""Propose a grammar for push lines that cannot be read: find their dialect, write it down, and check it on samples.

    lines -> find (head, code, fields) -> Dialect -> write (N.py) and prove (samples/N.log) -> the real checker

``find`` is a pure function of lines and catalogue. Whatever is not certain is a doubt, which the operator is told.
"""

from logwatch.propose.around import around, unwrapped
from logwatch.propose.prove import Proposal, Shape, propose
from logwatch.propose.selection import Selection

__all__ = ["Proposal", "Selection", "Shape", "around", "propose", "unwrapped"]
