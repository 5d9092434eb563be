"""Proposes a grammar for push lines that cannot be read: the dialect is found, written down, and held to its samples.

    lines -> find (head, code, fields) -> Dialect -> write (N.py) and examples (samples/N.log) -> the real checker

``find`` is a pure function of lines and catalogue. What it does not find for certain is a doubt, said to the operator.
"""

from logwatch.propose.around import around, unwrapped
from logwatch.propose.prove import Proposal, Shape, propose

__all__ = ["Proposal", "Shape", "around", "propose", "unwrapped"]
